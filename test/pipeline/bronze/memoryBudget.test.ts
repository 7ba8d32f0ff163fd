import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { bronzePath } from '../../../shared/contract/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/catchUpStep.js'
import { ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { MemorySource } from '../../../shared/sources/memory/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { BronzeFixture, day0, readTable } from './bronzeFixture.js'

const kilobyte = 1024
const megabyte = 1024 * kilobyte

/** An event whose value has that many bytes. */
function sized(n: number, size: number) {
  const event = { event_id: `e${n}`, event_type: 'click', timestamp: '2025-04-01T00:00:00Z', value: n, padding: '' }
  const padding = 'x'.repeat(size - JSON.stringify(event).length)
  return { key: null, value: Buffer.from(JSON.stringify({ ...event, padding })), partition: 0 }
}

const isDataFile = (path: string) => path.endsWith('.parquet')

/** A lake whose budget is 2 MB, and what was held of it whenever a data file was written. */
async function tight(sizes: readonly (readonly number[])[], parts: { readonly batchSize?: number } = {}) {
  const clock = new ManualClock(day0)
  const source = new MemorySource({ now: () => clock.now(), batchSize: parts.batchSize ?? 4 })
  const streams = sizes.map((_, i) => (i === 0 ? events : { ...events, name: `events${i}`, topic: `events${i}` }))
  const held: number[] = []
  const faults = new Faults()
  const store = new FaultyStore(new MemoryStore(clock), faults, clock)
  const fixture = await BronzeFixture.open({ clock, source, store, streams, settings: { BRONZE_MEMORY_BUDGET: '2MB' } })
  for (const [i, { topic }] of streams.entries()) {
    source.createTopic(topic, 1)
    source.append(
      topic,
      (sizes[i] ?? []).map((size, n) => sized(n, size)),
    )
  }
  const look = () => void held.push(fixture.lake.budget.held)
  faults.add({ on: 'put', path: isDataFile, times: Infinity, fault: { kind: 'interleave', first: look } })
  return { fixture, streams, held, faults, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
}

const offsetsOf = async (fixture: BronzeFixture, path = bronzePath(events)) =>
  (await readTable(fixture.lake, path)).map(row => Number(row['_offset'])).sort((a, b) => a - b)

const rowsOfFiles = async ({ lake }: BronzeFixture) =>
  ((await lake.table(bronzePath(events)).snapshot())?.files ?? []).map(file =>
    Number((JSON.parse(file.stats ?? '{}') as { numRecords?: number }).numRecords),
  )

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('a catch-up', () => {
  test('of many large records takes them in commits within the budget, and holds nothing afterwards', async () => {
    await using lake = await tight([Array<number>(40).fill(300 * kilobyte)])
    const { fixture, held } = lake
    const [report] = await catchUp(fixture.lake, 'command')
    expect(report).toMatchObject({ outcome: 'committed', rowsOut: 40, more: false })
    expect(await offsetsOf(fixture)).toEqual(numbers(40))
    for (const rows of await rowsOfFiles(fixture)) expect(rows * 300 * kilobyte).toBeLessThanOrEqual(2 * megabyte)
    expect(new Set(held)).toEqual(new Set([2 * megabyte]))
    expect(fixture.lake.budget.most).toBeLessThanOrEqual(2 * megabyte)
    expect(fixture.lake.budget.held).toBe(0)
  })

  test('goes on past a record that is larger than the budget, which goes alone', async () => {
    await using lake = await tight([[100, 100, 5 * megabyte, 100, 100]])
    const { fixture, held } = lake
    await catchUp(fixture.lake, 'command')
    expect(await offsetsOf(fixture)).toEqual(numbers(5))
    expect((await rowsOfFiles(fixture)).sort()).toEqual([1, 2, 2])
    expect(held).toContain(5 * megabyte)
  })

  test('that cuts inside a fetch counts no hole twice and loses none', async () => {
    await using lake = await tight([[]], { batchSize: 100 })
    const { fixture } = lake
    const large = (n: number) => sized(n, 900 * kilobyte)
    for (let n = 0; n < 6; n++) {
      fixture.source.append(events.topic, [large(n)])
      fixture.source.append(events.topic, [sized(100 + n, 200)])
    }
    fixture.source.compactAway(events.topic, 0, [1n, 5n, 6n])
    await catchUp(fixture.lake, 'command')
    const left = numbers(12).filter(n => ![1, 5, 6].includes(n))
    expect(await offsetsOf(fixture)).toEqual(left)
    const told = await fixture.reported()
    expect(told.flatMap(({ ranges }) => ranges).reduce((sum, range) => sum + Number(range['holes']), 0)).toBe(3)
    expect((await rowsOfFiles(fixture)).length).toBeGreaterThan(2)
  })
})

describe('a delivery', () => {
  test('above its share of the budget is committed in several pieces, each offset once', async () => {
    await using lake = await tight([Array<number>(20).fill(300 * kilobyte)])
    const { fixture, held } = lake
    const report = await fixture.deliver(numbers(20))
    expect(report).toMatchObject({ outcome: 'committed', rowsIn: 20, rowsOut: 20 })
    expect(await offsetsOf(fixture)).toEqual(numbers(20))
    expect((await fixture.reported()).map(({ rows }) => rows)).toEqual([3, 3, 3, 3, 3, 3, 2])
    expect(Math.max(...held)).toBeLessThanOrEqual(megabyte)
    expect(fixture.lake.budget.held).toBe(0)
  })

  test('of two streams at once share the budget, and both come to their end', async () => {
    const sizes = Array<number>(12).fill(900 * kilobyte)
    await using lake = await tight([sizes, sizes])
    const { fixture, streams } = lake
    const all = await Promise.all(
      streams.map(async stream => {
        const records = []
        for await (const batch of fixture.source.read(stream.topic, { partition: 0, start: 0n, end: 12n }))
          records.push(...batch.records)
        return records
      }),
    )
    await Promise.all([
      ...streams.map((stream, i) => ingestBatch(fixture.lake, stream, { records: all[i] ?? [], reread: [] }, 'kafka')),
      catchUp(fixture.lake, 'command'),
    ])
    for (const stream of streams) expect(await offsetsOf(fixture, bronzePath(stream))).toEqual(numbers(12))
    expect(fixture.lake.budget.most).toBeLessThanOrEqual(2 * megabyte)
    expect(fixture.lake.budget.held).toBe(0)
  })

  test('that leaves out large records counts what it reads for it, and gives it back', async () => {
    await using lake = await tight([[300, 400, 400, 300, 300].map(size => size * kilobyte)])
    const { fixture } = lake
    await fixture.deliver([0, 3, 4])
    expect(await offsetsOf(fixture)).toEqual(numbers(5))
    expect(fixture.lake.budget.most).toBe((900 + 800) * kilobyte)
    expect(fixture.lake.budget.held).toBe(0)
  })

  test('that leaves out more than there is room for has it read on its own', async () => {
    await using lake = await tight([Array<number>(12).fill(300 * kilobyte)])
    const { fixture } = lake
    await fixture.deliver([0, 11])
    expect(await offsetsOf(fixture)).toEqual(numbers(12))
    expect(fixture.lake.budget.held).toBe(0)
  })

  test('that fails leaves nothing held', async () => {
    await using lake = await tight([[megabyte]])
    const { fixture, faults } = lake
    const records = await fixture.fetch([0])
    faults.clear()
    faults.add({ on: 'put', path: isDataFile, fault: { kind: 'fail', retryable: false } })
    await expect(ingestBatch(fixture.lake, events, { records, reread: [] }, 'kafka')).rejects.toThrow('Planned fault')
    expect(fixture.lake.budget.held).toBe(0)
  })
})
