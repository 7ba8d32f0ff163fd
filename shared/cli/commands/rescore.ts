import type { StepReport } from '../../pipeline/step/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printReports } from '../output/index.js'

/**
 * `lake rescore`: stream by stream.
 * @throws CliError STEP_FAILED when one fails; the others are scored
 */
export const rescore: Command = {
  usage: 'rescore',
  summary: 'score rows again with the present model',
  about:
    'Scores the rows of gold again with the model that is champion now, each in its place by one commit, and brings the ' +
    'summary up to them: for after a change of model. Rows that come meanwhile are left to gold.',
  printsRows: true,
  examples: ['lake rescore', 'lake rescore --from-version 3 --stream events'],
  positionals: { least: 0, most: 0 },
  options: {
    stream: { value: 'NAME', about: 'only that stream; all that have a model when absent' },
    'from-version': {
      value: 'N',
      about: 'leave rows as they are that version N of the model scored, or a later one; none when absent',
    },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const text = args.text('from-version')
    if (text !== undefined && !/^\d{1,15}$/.test(text))
      throw new CliError(
        'USAGE',
        `--from-version is "${text}": give the number of a version, as lake models list shows it.`,
      )
    const fromVersion = text === undefined ? undefined : Number(text)
    await using lake = await openCliLake(context, args)
    const { rescoreGold } = await import('../../pipeline/gold/index.js')
    const only = args.text('stream')
    const streams = only === undefined ? lake.streams.filter(s => s.model !== undefined) : [streamNamed(lake, only)]
    const reports: StepReport[] = []
    for (const stream of streams)
      reports.push(...(await rescoreGold(lake, stream, { trigger: 'command', fromVersion })))
    await printReports(context.output, format, reports)
  },
}
