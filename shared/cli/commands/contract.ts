import { documentationOf } from '../../contract/documentation/index.js'
import type { Stream } from '../../contract/index.js'
import { durationForms, parseDuration } from '../../contract/index.js'
import { checkContract, type ContractFinding } from '../../pipeline/contractCheck/index.js'
import { streams } from '../../streams/index.js'
import { terminalLine } from '../../telemetry/index.js'
import type { JsonObject } from '../../types/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import type { CommandContext } from '../commandContext.js'
import { formatOf, printRecords } from '../output/index.js'

/**
 * `lake contract`: show prints what a stream's declaration says and makes, without lake or Kafka; check holds it against
 * what is there.
 * @throws CliError NOT_FOUND when no stream of that name is declared; STEP_FAILED when something breaks
 */
export const contract: Command = {
  usage: 'contract show|check <stream>',
  summary: 'what a stream declares, and what it would break',
  about:
    'show prints a Markdown page about a declared stream: its topic, key, event time and lateness, the fields of its contract ' +
    'with their types and rules, its expectations, and the columns of its bronze, silver and gold tables with their types ' +
    'and descriptions. Reads the declaration only, not the lake. check holds the contract against the latest schema that ' +
    "the registry has of the topic's values, against the tables, and against records that bronze has taken in: which fields " +
    'it needs that are not there, which columns change, and which records it would reject, and which it would take ' +
    'that were rejected, by reason. It changes nothing, ' +
    'and exits with 1 when something breaks.',
  printsRows: true,
  examples: [
    'lake contract show events',
    'lake contract check events',
    'lake contract check events --since "1 day" --records 100000',
  ],
  positionals: { least: 2, most: 2 },
  options: {
    subject: { value: 'NAME', about: "check: the registry's subject; <topic>-value when absent" },
    since: { value: 'DURATION', about: 'check: records ingested in that time; 1 hour when absent' },
    records: { value: 'N', about: 'check: try at most so many records; 10000 when absent' },
  },
  async run(context, args) {
    const action = args.positional(0)
    if (action === 'check') {
      await using lake = await openCliLake(context, args)
      await check(context, args, streamNamed(lake, args.positional(1)), lake)
    } else if (action === 'show')
      await context.output.write(documentationOf(streamNamed({ streams }, args.positional(1))))
    else throw new CliError('USAGE', `"${action}" is not something to do with a contract; there are show and check.`)
  },
}

async function check(
  context: CommandContext,
  args: Arguments,
  stream: Stream,
  lake: Parameters<typeof checkContract>[0],
): Promise<void> {
  const format = formatOf(context, args)
  const since = args.text('since')
  const sinceMs = since === undefined ? 3_600_000 : parseDuration(since)
  if (sinceMs === null) throw new CliError('USAGE', `--since ${since ?? ''} is no duration; say ${durationForms}.`)
  const most = args.whole('records') ?? 10_000
  const { findings, tried } = await checkContract(lake, stream, { subject: args.text('subject'), sinceMs, most })
  await printRecords(context.output, format, columns, findings.map(findingJson))
  const breaks = findings.filter(({ verdict }) => verdict === 'breaks').length
  if (format === 'table') {
    const mended = findings.reduce((sum, { verdict, count = 0 }) => sum + (verdict === 'mends' ? count : 0), 0)
    const summary =
      `${stream.name}: ${findings.length} findings, ${breaks} of them break something; ${tried} records were tried` +
      (mended === 0
        ? '.'
        : `, ${mended} that were rejected would be taken: \`lake quarantine replay ${stream.name} --dry-run\` says it of all that wait.`)
    await context.messages.write(`${terminalLine(summary)}\n`)
  }
  if (breaks > 0) throw new CliError('STEP_FAILED', `The contract of ${stream.name} breaks what is there.`)
}

const columns = ['against', 'verdict', 'field', 'reason', 'count', 'example', 'message']

function findingJson({ against, verdict, field, reason, count, example, message }: ContractFinding): JsonObject {
  const place = example === undefined ? null : `partition ${example.partition}, offset ${example.offset}`
  return { against, verdict, field, reason: reason ?? null, count: count ?? null, example: place, message }
}
