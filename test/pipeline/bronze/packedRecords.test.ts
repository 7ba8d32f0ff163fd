import { expect, test } from 'vitest'

import { bronzeTable } from '../../../shared/contract/index.js'
import { bufferSource, openParquet, type ParquetFile } from '../../../shared/parquet/index.js'
import { encodeCoverage, encodedRange, type EncodedRows, writeRows } from '../../../shared/pipeline/bronze/encode.js'
import { GatheredRecords, type RecordPart } from '../../../shared/pipeline/bronze/gatheredRecords.js'
import { RowsOfRecords } from '../../../shared/pipeline/bronze/rowsOfRecords.js'
import { validateRecord } from '../../../shared/pipeline/bronze/validateRecord.js'
import type { ProducedRecord, SourceRecord } from '../../../shared/sources/index.js'
import {
  anonymous,
  batchHeaders,
  encodeRecordBatch,
  packRecords,
  RecordPack,
} from '../../../shared/sources/kafka/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { Row } from '../../../shared/types/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'

const now = Date.UTC(2026, 2, 1)
const text = (random: Random, length: number) => random.text(length)

function drawn(random: Random): ProducedRecord {
  const event = {
    event_id: random.pick([`id ${random.below(1e6)}`, text(random, 12), 'ü', '']),
    event_type: random.pick(['click', 'größe', 'view', text(random, 4)]),
    timestamp: new Date(now - random.below(1e9)).toISOString(),
    value: random.pick<unknown>(['1984', 12.5, random.next() * 1e9, '-0', -0, 'NaN', null, 1e300, 0]),
  }
  const json = Buffer.from(JSON.stringify(random.below(9) === 0 ? { ...event, more: [1] } : event))
  const value = random.pick([json, json, json, json, json, json, json.subarray(1), Buffer.from([0xff]), Buffer.alloc(0), null, Buffer.alloc(400, 'x')]) // prettier-ignore
  return {
    key: random.pick([Buffer.from(event.event_id), null, Buffer.alloc(0), Buffer.alloc(300, 'k')]),
    value,
    headers: random.below(8) === 0 ? [['h', Buffer.from('1')], ['h', null]] : [], // prettier-ignore
    timestamp: random.pick([now, now - 5, -86_400_123, now + 1e9, 0, 9e12 + random.below(1e9), 1e15]),
  }
}

/** Record batches of one partition as a broker has them, with offsets from `base` on. */
function batches(random: Random, base: bigint): { bytes: Buffer; records: number }[] {
  let offset = base
  return Array.from({ length: 1 + random.below(4) }, () => {
    const records = Array.from({ length: 1 + random.below(120) }, () => drawn(random))
    const bytes = encodeRecordBatch(records, now, anonymous, random.pick(['none', 'lz4', 'zstd'] as const))
    bytes.writeBigInt64BE(offset, 0)
    offset += BigInt(records.length)
    return { bytes, records: records.length }
  })
}

const window = { topic: events.topic, partition: 3, start: 0n, end: 1n << 62n, verifyChecksum: false }

function packed(bytes: readonly Buffer[]): RecordPack {
  const records = new RecordPack(events.topic, 3)
  for (const one of bytes) for (const header of batchHeaders(one)) packRecords(one, header, window, records)
  return records
}

test.each([0n, 2n ** 53n - 50n, 2n ** 60n])(
  'packed records become the same files as records that are objects, from offset %s',
  async base => {
    const random = new Random()
    for (let round = 0; round < 8; round++) {
      const drawnBatches = batches(random, base).map(({ bytes }) => bytes)
      const whole = packed(drawnBatches)
      const count = random.below(3) === 0 ? random.below(whole.length + 1) : whole.length
      const gathered = new GatheredRecords()
      const objects: readonly SourceRecord[] = [...whole].slice(0, count)
      // Sources give some stretches as objects: parts of either sort are mixed.
      const half = random.below(2) === 0 ? 0 : count >> 1
      gathered.add(objects.slice(0, half), half)
      const rest = new GatheredRecords()
      rest.add(whole, count)
      if (half === 0) gathered.add(whole, count)
      else gathered.add(objects.slice(half), count - half)
      const erased = new Map([[random.below(8), new Map([[base + 1n, BigInt(now) * 1000n]])]])
      const ingestion = { ingestedAt: now, maxRawBytes: 256, erased: random.below(3) === 0 ? erased : undefined }
      const [fast, slow] = [await encoded(gathered, ingestion), await encoded(objects, ingestion)]
      expect(fast, seedNote).toEqual(slow)
      const parts: RecordPart[] = [...gathered.parts]
      if (half === 0 && count > 0) parts.splice(0, 1, ...cutParts(drawnBatches, count))
      expect(await encoded({ parts }, ingestion), seedNote).toEqual(slow)
      expect(rowsByOffset(fast), seedNote).toEqual(wantedRows(objects, ingestion))
      expect(gathered.at(-1), seedNote).toEqual(objects.at(-1))
      expect([...rest], seedNote).toEqual(objects)
    }
  },
)

test('what is cut off is forgotten, and what follows takes its place', () => {
  const random = new Random()
  const [first, second] = [batches(random, 0n), batches(random, 5_000n)]
  const bytes = (all: typeof first) => all.map(one => one.bytes)
  const records = packed(bytes(first))
  const kept = random.below(records.length)
  records.truncate(kept)
  for (const one of bytes(second)) for (const header of batchHeaders(one)) packRecords(one, header, window, records)
  const wanted = [...[...packed(bytes(first))].slice(0, kept), ...packed(bytes(second))]
  expect([...records], seedNote).toEqual(wanted)
  const sizes = wanted.map((_, n) => records.sizeAt(n))
  expect(records.bytes, seedNote).toBe(sizes.reduce((sum, size) => sum + size, 0))
})

/** Each batch as a part of its own, up to so many records. */
function cutParts(drawn: readonly Buffer[], count: number): RecordPart[] {
  let left = count
  return drawn.flatMap(one => {
    const records = packed([one])
    const taken = Math.min(left, records.length)
    left -= taken
    return taken === 0 ? [] : [{ records, count: taken }]
  })
}

/** What each record becomes, without any of the code that makes columns. */
function wantedRows(records: readonly SourceRecord[], ingestion: Ingestion): ReadonlyMap<unknown, unknown> {
  return new Map(
    records.map(whole => {
      const { record, timestamp, outcome } = validateRecord(events, whole, ingestion)
      const row = outcome?.valid === true ? outcome.row : {}
      const bytes = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString('hex'))
      const at = timestamp === undefined ? null : BigInt(timestamp) * 1000n
      const contract = events.columns.map(({ name }) => row[name] ?? null)
      return [record.offset, [record.partition, at, 1, bytes(record.key), bytes(record.value), ...contract]]
    }),
  )
}

function rowsByOffset({ files }: Awaited<ReturnType<typeof encoded>>): ReadonlyMap<unknown, unknown> {
  const hex = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)
  return new Map(
    files.flatMap(({ rows }) =>
      rows.map(row => [
        row['_offset'],
        ['_partition', '_timestamp', '_generation', '_key', '_value', ...events.columns.map(({ name }) => name)].map(
          name => hex(row[name]),
        ),
      ]),
    ),
  )
}

type Ingestion = Parameters<typeof encodeCoverage>[4]

/** All that is known of the files: their rows, their statistics, the counts. Parts are taken one after the other. */
async function encoded(
  given: GatheredRecords | readonly SourceRecord[] | { readonly parts: readonly RecordPart[] },
  ingestion: Ingestion,
) {
  const store = new MemoryStore()
  const { schema, partitionColumns } = bronzeTable(events)
  const layout = { schema, partitionColumns, configuration: {} }
  const range = { partition: 3, start: 0n, end: 1n << 61n }
  const limits = { maxRows: 30, rowLimit: 1_000, maxBytes: 1 << 20, log: undefined }
  const taken = new RowsOfRecords(events, { generation: 1, range, layout, ...limits, ...ingestion })
  const areParts = 'parts' in given && !(given instanceof GatheredRecords)
  if (areParts) for (const { records, count } of given.parts) taken.add(records, count)
  const records = areParts ? taken : given
  const stretch = {
    partition: 3,
    generation: 1,
    from: 0n,
    position: 1n << 61n,
    records,
    missing: [],
    holes: 0n,
    received: records.length,
    redelivered: 0,
    repaired: 0,
  }
  const result: EncodedRows =
    records instanceof RowsOfRecords
      ? await writeRows(store, { layout, ...ingestion }, records.sorted, [encodedRange(stretch, records.kinds)])
      : await encodeCoverage(store, layout, events, [{ ...stretch, records }], ingestion)
  const files = []
  for (const { path, stats } of result.adds) {
    const file = await openParquet(bufferSource((await store.get(path)) ?? Buffer.alloc(0)))
    files.push({ stats, rows: await rowsOf(file) })
  }
  return { ...result, adds: result.adds.length, bytes: 0, files }
}

async function rowsOf(file: ParquetFile): Promise<readonly Row[]> {
  const rows: Row[] = []
  for await (const row of file.rows()) rows.push(row)
  return rows
}
