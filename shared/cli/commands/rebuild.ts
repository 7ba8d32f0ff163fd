import type { Stream } from '../../contract/index.js'
import type { Lake } from '../../pipeline/lake/index.js'
import type { StepReport } from '../../pipeline/step/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printReports } from '../output/index.js'

type Rebuild = (lake: Lake, stream: Stream) => Promise<readonly StepReport[]>

const layers: Readonly<Record<string, Rebuild>> = {
  silver: async (lake, stream) => [
    await (await import('../../pipeline/silver/index.js')).rebuildSilver(lake, stream, { trigger: 'command' }),
  ],
  gold: async (lake, stream) =>
    (await import('../../pipeline/gold/index.js')).rebuildGold(lake, stream, { trigger: 'command' }),
}

/**
 * `lake rebuild`: stream by stream.
 * @throws CliError STEP_FAILED when one fails; the others are rebuilt
 */
export const rebuild: Command = {
  usage: `rebuild ${Object.keys(layers).join('|')}`,
  summary: 'recreate a layer from its source',
  about: 'Recreates a layer from its source, and swaps it in by one commit: readers see the old rows or the new.',
  printsRows: true,
  examples: ['lake rebuild silver', 'lake rebuild gold --stream events'],
  positionals: { least: 1, most: 1 },
  options: { stream: { value: 'NAME', about: 'only that stream; all when absent' } },
  async run(context, args) {
    const format = formatOf(context, args)
    const name = args.positional(0)
    const layer = Object.hasOwn(layers, name) ? layers[name] : undefined
    if (layer === undefined)
      throw new CliError('USAGE', `"${name}" cannot be rebuilt; there are ${Object.keys(layers).join(', ')}.`)
    await using lake = await openCliLake(context, args)
    const only = args.text('stream')
    const reports: StepReport[] = []
    for (const stream of only === undefined ? lake.streams : [streamNamed(lake, only)])
      reports.push(...(await layer(lake, stream)))
    await printReports(context.output, format, reports)
  },
}
