import { rejectionCodes, type Stream } from '../../contract/index.js'
import type { Lake } from '../../pipeline/lake/index.js'
import {
  purgeQuarantine,
  type QuarantineFilter,
  quarantineGroups,
  replayQuarantine,
  wholeRecords,
} from '../../pipeline/quarantine/index.js'
import { terminalText } from '../../telemetry/index.js'
import type { JsonObject } from '../../types/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { confirm } from '../confirm.js'
import { type Format, formatOf, printRecords } from '../output/index.js'
import { groupColumns, groupJson, outcomeColumns, outcomeRecords, recordJson, recordText } from '../output/index.js'
import { timeOption } from '../tables/index.js'
import { userName } from '../userName.js'

/** What an action works with. */
interface Call {
  readonly context: CommandContext
  readonly args: Arguments
  readonly format: Format
  readonly lake: Lake
  readonly streams: readonly Stream[]
  readonly filter: QuarantineFilter
}

const actions: Readonly<Record<string, (call: Call) => Promise<void>>> = { list, show, replay, purge }

/**
 * `lake quarantine`: what is rejected and waits, one record whole, replays and purges. The last two ask first.
 * @throws CliError DECLINED unless the answer is yes
 */
export const quarantine: Command = {
  usage: `quarantine ${Object.keys(actions).join('|')} [stream]`,
  summary: 'rejected records: look at them, bring them back, settle them',
  about:
    'list counts what is in quarantine by reason; show prints records whole. replay validates them with the contract as ' +
    'it is now and brings what is valid to silver, each record once, however often it is called; what is not stays with ' +
    'its reason. --fix mends values first: one scalar DuckDB expression over _value. purge settles records without ' +
    'silver; bronze keeps them. What became of each is in quarantine_resolved. Without a stream: all of them.',
  printsRows: true,
  examples: [
    'lake quarantine list',
    'lake quarantine show events --partition 0 --offsets 12..12',
    'lake quarantine replay events --reason FIELD_VALUE --why "the contract takes them now"',
    `lake quarantine replay events --field value --fix "replace(_value, 'n/a', '0')" --why "sensor 7 was off"`,
    'lake quarantine purge events --until 2025-04-01 --why "test data" --yes',
  ],
  positionals: { least: 1, most: 2 },
  options: {
    reason: { value: 'CODE', about: `only records rejected for it: ${rejectionCodes.join(', ')}` },
    field: { value: 'PATH', about: 'only records rejected for that field, or an expectation of that name' },
    partition: { value: 'N', about: 'only records of that partition' },
    offsets: { value: 'A..B', about: 'only records from offset A to B' },
    since: { value: '"TIME"', about: 'only records ingested then or later; UTC without a zone' },
    until: { value: '"TIME"', about: 'only records ingested before' },
    fix: { value: '"SQL"', about: 'replay: mends each value first; one scalar DuckDB expression over _value' },
    why: { value: '"TEXT"', about: 'replay, purge: kept with the outcome' },
    by: { value: 'NAME', about: 'replay, purge: who does it; the user of this machine when absent' },
    'dry-run': { about: 'replay: say what would be valid, and bring nothing' },
    yes: { about: 'replay, purge: do it without asking' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const name = args.positional(0)
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined)
      throw new CliError(
        'USAGE',
        `"${name}" is none of ${Object.keys(actions).join(', ')}. See: lake quarantine --help`,
      )
    const filter = filterOf(args)
    await using lake = await openCliLake(context, args)
    const only = args.positional(1)
    const streams = only === '' ? lake.streams : [streamNamed(lake, only)]
    await action({ context, args, format, lake, streams, filter })
    if (context.signal.aborted) throw new CliError('INTERRUPTED', 'Interrupted.')
  },
}

function filterOf(args: Arguments): QuarantineFilter {
  const micros = (option: string) => {
    const ms = timeOption(args, option)
    return ms === undefined ? undefined : BigInt(ms) * 1000n
  }
  return {
    reason: args.oneOf('reason', rejectionCodes),
    field: args.text('field'),
    partition: args.whole('partition'),
    offsets: offsetsOf(args),
    since: micros('since'),
    until: micros('until'),
  }
}

function offsetsOf(args: Arguments): QuarantineFilter['offsets'] {
  const text = args.text('offsets')
  if (text === undefined) return undefined
  const [, first, last] = /^(\d{1,19})\.\.(\d{1,19})$/.exec(text) ?? []
  if (first === undefined || last === undefined || BigInt(first) > BigInt(last))
    throw new CliError('USAGE', `--offsets ${text} is no range of offsets; say A..B, as 100..199.`)
  return { first: BigInt(first), last: BigInt(last) }
}

async function list({ context, format, lake, streams, filter }: Call): Promise<void> {
  const records: JsonObject[] = []
  for (const stream of streams) records.push(...(await quarantineGroups(lake, stream, filter)).map(groupJson))
  await printRecords(context.output, format, groupColumns, records)
}

async function show({ context, format, lake, streams, filter }: Call): Promise<void> {
  for (const stream of streams) {
    for await (const record of wholeRecords(lake, stream, filter)) {
      if (context.signal.aborted) return
      if (format === 'table') await context.output.write(recordText(stream.name, record))
      else {
        const json = recordJson(stream.name, record)
        await printRecords(context.output, format, Object.keys(json), [json])
      }
    }
  }
}

async function replay(call: Call): Promise<void> {
  const { context, args, format, lake, streams, filter } = call
  const options = { ...noteOf(args), fix: args.text('fix') }
  const records: JsonObject[] = []
  for (const stream of streams) {
    if (args.flag('dry-run') || !args.flag('yes')) {
      const plan = await replayQuarantine(lake, stream, filter, { ...options, dryRun: true })
      const remaining = outcomeRecords(plan).filter(({ outcome }) => outcome === 'remains')
      if (args.flag('dry-run')) {
        records.push({ stream: stream.name, outcome: 'valid', count: plan.valid, example: null }, ...remaining)
        continue
      }
      await say(context, `${stream.name}: of ${plan.read} records in quarantine, ${plan.valid} are valid now.\n`)
      if (plan.valid === 0) {
        records.push(...outcomeRecords(plan))
        continue
      }
      await confirm(context, 'Bring them to silver?')
    }
    records.push(...outcomeRecords(await replayQuarantine(lake, stream, filter, options)))
  }
  await printRecords(context.output, format, outcomeColumns, records)
}

async function purge({ context, args, format, lake, streams, filter }: Call): Promise<void> {
  const records: JsonObject[] = []
  for (const stream of streams) {
    if (!args.flag('yes')) {
      const groups = await quarantineGroups(lake, stream, filter)
      const lines = groups.map(({ reason, field, count }) => `  ${count} ${reason}${field === '' ? '' : ` ${field}`}\n`)
      await say(context, `${stream.name}: this settles for good, without silver:\n${lines.join('') || '  nothing\n'}`)
      if (groups.length === 0) continue
      await confirm(context, 'Purge them?')
    }
    const count = await purgeQuarantine(lake, stream, filter, noteOf(args))
    records.push({ stream: stream.name, outcome: 'purged', count })
  }
  await printRecords(context.output, format, ['stream', 'outcome', 'count'], records)
}

function say(context: CommandContext, text: string): Promise<void> {
  return context.messages.write(terminalText(text))
}

function noteOf(args: Arguments): { readonly by: string; readonly why: string | undefined } {
  return { by: args.text('by') ?? userName(), why: args.text('why') }
}
