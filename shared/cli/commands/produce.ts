import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { formatName, type Stream } from '../../contract/index.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { sourceConnection, SourceError } from '../../sources/index.js'
import { drawnBy, SyntheticEvents, syntheticGenerator } from '../../sources/synthetic/index.js'
import type { JsonObject } from '../../types/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { parseRecords } from '../input/index.js'
import { formatOf, printRecords } from '../output/index.js'

/** Records sent at once. */
const batchRecords = 2_000

const beatMs = 100

const percents = { duplicates: 1, late: 2, broken: 1, tombstones: 0.1 } as const

const synthetic = ['count', 'rate', 'seconds', 'seed', ...Object.keys(percents)]

/**
 * `lake produce`: prints one record, the topic and the counts that a pipeline should find.
 * @throws CliError NOT_FOUND for a topic that does not exist, unless it is to be created
 */
export const produce: Command = {
  usage: 'produce',
  summary: 'send events to Kafka',
  about:
    'Sends events to the topic of a stream, and prints what a pipeline should find: synthetic events (--count, or --rate ' +
    'with --seconds), or the records of a file. Events happen now; those of one seed have the same ids, types and values ' +
    'each time, and without a seed all ids are new. They are drawn from the contract of the stream: its types, bounds, ' +
    'patterns and choices; a contract that none of them fulfils is reported, and nothing is sent. Values are JSON: a ' +
    'stream of another format is refused.\n' +
    'A file is a JSON array or JSON lines. A record is the event itself, or {"key","value","headers","timestamp",' +
    '"partition"}, where a value is an object, a text that is sent as it stands, or null for a tombstone.',
  printsRows: true,
  positionals: { least: 0, most: 0 },
  options: {
    count: { value: 'N', about: 'so many records, as fast as they are taken or at --rate' },
    rate: { value: 'R', about: 'records a second' },
    seconds: { value: 'S', about: 'for so long' },
    duplicates: { value: 'P', about: `percent that repeat an event (default ${percents.duplicates})` },
    late: { value: 'P', about: `percent whose event time is long past (default ${percents.late})` },
    broken: { value: 'P', about: `percent that break the contract (default ${percents.broken})` },
    tombstones: { value: 'P', about: `percent that are tombstones (default ${percents.tombstones})` },
    seed: { value: 'N', about: 'the same ids, types and values again' },
    from: { value: 'FILE', about: 'the records of that file instead' },
    stream: { value: 'NAME', about: 'the stream; the first declared one when absent' },
    create: { about: 'make the topic first when it does not exist' },
    partitions: { value: 'N', about: "partitions of a topic that --create makes; the broker's default when absent" },
  },
  examples: [
    'lake produce --count 1000 --seed 7',
    'lake produce --stream orders --rate 50 --seconds 60',
    'lake produce --from events.jsonl --create --partitions 4',
  ],
  async run(context, args) {
    const format = formatOf(context, args)
    const plan = planOf(args)
    const partitions = args.whole('partitions', 1, 100_000)
    if (partitions !== undefined && !args.flag('create'))
      throw new CliError('USAGE', '--partitions says what --create makes; give both.')
    await using lake = await openCliLake(context, args)
    const stream = streamNamed(lake, args.text('stream') ?? lake.streams[0]?.name ?? '')
    if (stream.format !== 'json')
      throw new CliError(
        'USAGE',
        `The values of ${stream.name} are ${formatName(stream.format)}, and lake produce writes JSON: nothing was sent. Write to the topic ${stream.topic} with a client of that format.`,
      )
    // Asked last: what is wrong on this side is reported without a broker.
    const ready = () => requireTopic(lake, stream.topic, args.flag('create'), partitions)
    const record =
      plan.kind === 'file'
        ? await sendFile(context, lake, stream, plan.path, ready)
        : await sendEvents(context, lake, stream, plan, ready)
    await printRecords(context.output, format, Object.keys(record), [record])
  },
}

interface EventPlan {
  readonly kind: 'events'
  readonly count: number
  /** A second; undefined is as fast as they are taken. */
  readonly rate: number | undefined
  readonly seed: number | undefined
  readonly percent: Readonly<Record<keyof typeof percents, number>>
}

type Plan = EventPlan | { readonly kind: 'file'; readonly path: string }

function planOf(args: Arguments): Plan {
  const path = args.text('from')
  if (path !== undefined) {
    const other = synthetic.find(option => args.text(option) !== undefined)
    if (other !== undefined) throw new CliError('USAGE', `--from sends a file as it is; leave --${other} out.`)
    return { kind: 'file', path }
  }
  const rate = args.number('rate', 0.001, 10_000_000)
  const seconds = args.number('seconds', 0, 1e9)
  const count =
    args.whole('count', 0, 1e12) ??
    (rate !== undefined && seconds !== undefined ? Math.round(rate * seconds) : undefined)
  if (count === undefined)
    throw new CliError('USAGE', 'Say how many: --count N, or --rate R --seconds S, or --from FILE.')
  if (seconds !== undefined && args.text('count') !== undefined)
    throw new CliError('USAGE', '--count and --seconds say two things; leave one out.')
  const percent = Object.fromEntries(
    Object.entries(percents).map(([name, absent]) => [name, args.number(name, 0, 100) ?? absent]),
  ) as EventPlan['percent']
  const sum = Object.values(percent).reduce((a, b) => a + b, 0)
  if (sum > 100)
    throw new CliError(
      'USAGE',
      `--duplicates, --late, --broken and --tombstones are ${sum} % together; at most 100 is possible.`,
    )
  return { kind: 'events', count, rate, seed: args.whole('seed'), percent }
}

/** @throws CliError NOT_FOUND that offers to make it */
async function requireTopic(lake: Lake, topic: string, create: boolean, partitions: number | undefined): Promise<void> {
  try {
    await lake.source.offsets(topic)
  } catch (thrown) {
    if (!(thrown instanceof SourceError) || thrown.code !== 'SOURCE_TOPIC_MISSING') throw thrown
    const connection = sourceConnection(lake.settings)
    if (connection.kind !== 'kafka')
      throw new CliError(
        'NOT_FOUND',
        `There is no event hub ${topic}; make it in Azure, or correct the stream's topic.`,
        { cause: thrown },
      )
    if (!create) {
      throw new CliError(
        'NOT_FOUND',
        `Topic ${topic} does not exist on ${lake.settings.kafkaBrokers}; --create makes it (--partitions N).`,
        { cause: thrown },
      )
    }
    const { createTopic } = await import('../../sources/kafka/index.js')
    await createTopic(connection.kafka, topic, { partitions })
  }
}

async function sendEvents(
  context: CommandContext,
  lake: Lake,
  stream: Stream,
  plan: EventPlan,
  ready: () => Promise<void>,
): Promise<JsonObject> {
  const { clock, source } = lake
  const { count, rate, seed } = plan
  const started = clock.now()
  // As fast as they go, they lie five milliseconds apart, or closer, so that all of them happened within a day.
  const intervalMs = rate === undefined ? Math.min(5, 86_400_000 / Math.max(1, count)) : 1000 / rate
  const made = syntheticGenerator(stream)
  if (made.kind === 'none') throw new CliError('USAGE', `${made.why}; send records of your own with --from FILE.`)
  await ready()
  const options = {
    ...plan.percent,
    ...drawnBy(seed, started),
    intervalMs,
    startTime: rate === undefined ? started - Math.ceil(count * intervalMs) : started,
    allowedLatenessMs: stream.allowedLatenessMs,
    dedupeWithinMs: stream.dedupeWithinMs,
  }
  const events = new SyntheticEvents(options, made.generator)
  const begun = clock.monotonic()
  let sent = 0
  while (sent < count && !context.signal.aborted) {
    const due =
      rate === undefined ? count : Math.min(count, Math.floor(((clock.monotonic() - begun) * rate) / 1000) + 1)
    while (sent < due) {
      context.signal.throwIfAborted()
      const size = Math.min(batchRecords, due - sent)
      await source.produce(stream.topic, events.take(size))
      sent += size
    }
    if (sent < count) await clock.sleep(beatMs, context.signal).catch(() => undefined)
  }
  const { records, ...expected } = events.expected
  return { topic: stream.topic, records, ...expected }
}

async function sendFile(
  context: CommandContext,
  lake: Lake,
  stream: Stream,
  path: string,
  ready: () => Promise<void>,
): Promise<JsonObject> {
  const file = resolve(context.workingFolder, path)
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError('NOT_FOUND', `The file ${file} cannot be read.`, { cause })
  })
  const records = parseRecords(text, stream)
  await ready()
  for (let i = 0; i < records.length; i += batchRecords) {
    context.signal.throwIfAborted()
    await lake.source.produce(stream.topic, records.slice(i, i + batchRecords))
  }
  return { topic: stream.topic, records: records.length }
}
