import type { Row } from '../../shared/types/index.js'
import { eachKeyOnce, eachOffsetOnce, type PartitionSpan } from '../harness/invariants.js'
import { range, readTable } from '../pipeline/bronze/bronzeFixture.js'
import { openIdentities } from '../pipeline/failpoints/killedLake.js'
import type { SeededLake } from './seededLake.js'

/** What is wrong with a lake that has settled; nothing when every invariant holds. */
export async function wrongsOf(chaos: SeededLake): Promise<readonly string[]> {
  const { lake } = chaos.base
  const bronze = await readTable(lake, 'bronze/events')
  const clicks = await readTable(lake, 'bronze/clicks')
  return [
    ...(await offsetsOf(chaos, bronze)),
    ...eachOffsetOnce(lineageOf(clicks), await clickSpans(chaos)),
    ...keysOf(chaos, bronze, await readTable(lake, 'silver/events'), 'silver/events'),
    ...keysOf(chaos, bronze, await readTable(lake, 'gold/events_scored'), 'gold/events_scored'),
    ...eachKeyOnce(
      (await readTable(lake, 'silver/clicks')).map(row => row['id'] as string),
      new Set(clicks.map(row => row['id'] as string)),
    ),
    ...(await openIdentities(lake)).map(text => `an identity does not close: ${text as string}`),
  ]
}

const lineageOf = (rows: readonly Row[]) =>
  rows.map(row => ({
    topic: row['_topic'] as string,
    generation: row['_generation'] as number,
    partition: row['_partition'] as number,
    offset: row['_offset'] as bigint,
  }))

/** Of the topic as it is every offset is known; of those before it, that none was taken twice. */
async function offsetsOf({ base, topics, erased }: SeededLake, bronze: readonly Row[]): Promise<readonly string[]> {
  const progress = await base.progress()
  const missing = await base.missing()
  const spans = (await topics.logs()).map(({ partition, end }): PartitionSpan => {
    const { generation = 0, start = end } = progress.get(partition) ?? {}
    const gone = missing
      .filter(one => one.partition === partition && one.generation === generation)
      .flatMap(one => range(Number(one.start), Number(one.end)).map(BigInt))
    const absent = [...topics.holes(partition), ...topics.offsetsOf(partition, erased), ...gone]
    return { topic: 'events', partition, generation, start, end, absent }
  })
  // A row that was erased may leave its place behind.
  const lineage = lineageOf(bronze.filter(row => row['_error_code'] !== 'ERASED'))
  const isNow = ({ generation, partition }: (typeof lineage)[number]) =>
    generation === (progress.get(partition)?.generation ?? 0)
  const before = lineage.filter(row => !isNow(row)).map(row => JSON.stringify({ ...row, offset: String(row.offset) }))
  const twice = before.length - new Set(before).size
  return [
    ...eachOffsetOnce(lineage.filter(isNow), spans),
    ...(twice === 0 ? [] : [`${twice} offsets of older generations more than once`]),
  ]
}

async function clickSpans({ base }: SeededLake): Promise<readonly PartitionSpan[]> {
  const logs = await base.source.offsets('clicks')
  return logs.map(({ partition, end }) => ({ topic: 'clicks', partition, start: 0n, end }))
}

/** The keys of what is valid, and of what a replay has mended, but for those that were erased. */
function keysOf({ erased }: SeededLake, bronze: readonly Row[], rows: readonly Row[], path: string): readonly string[] {
  const keys = new Set<string>()
  for (const row of bronze) {
    const key = row['_error_code'] === null ? row['event_id'] : mendedKey(row['_value'])
    if (typeof key === 'string' && !erased.has(key)) keys.add(key)
  }
  return eachKeyOnce(
    rows.map(row => row['event_id'] as string),
    keys,
  ).map(wrong => `${path}: ${wrong}`)
}

function mendedKey(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return undefined
  const text = Buffer.from(value).toString()
  return text.includes('"none"') ? (JSON.parse(text) as { event_id: string }).event_id : undefined
}
