import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ManualClock } from '../../shared/clock.js'
import { catchUp, runMaintenance } from '../../shared/pipeline/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { eachOffsetOnce } from '../harness/invariants.js'
import { BronzeFixture, range } from '../pipeline/bronze/bronzeFixture.js'
import { ok } from '../pipeline/gold/goldFixture.js'
import { expectAllWell, refresh } from './accounts.js'
import { afterwards, fill, oldTopic, openOldLake, settings, spansOf } from './oldLake.js'
import { shapeOf, type TableShape } from './tableShape.js'

const paths = [
  'bronze/events',
  'silver/events',
  'gold/events_scored',
  'gold/events_summary',
  'monitor_logs',
  'cluster_logs',
]
const day = 86_400_000

let old: BronzeFixture
let today: BronzeFixture

/** A lake that today's version makes of the old one's records, by the same steps. */
async function made(): Promise<BronzeFixture> {
  const clock = new ManualClock(afterwards)
  const source = new MemorySource({ now: () => clock.now() })
  source.createTopic('events', 2)
  const topic = await oldTopic()
  const lost = topic.filter(slot => slot.isMissing).map(slot => Number(slot.offset))
  const first = lost[0] ?? 0
  const end = first + lost.length
  const isEarly = ({ partition, offset }: (typeof topic)[number]) => partition === 0 && offset < end
  fill(source, topic.filter(isEarly))
  const f = await BronzeFixture.open({ clock, settings, source })
  ok([await f.deliver(range(0, first), 0)])
  await refresh(f)
  source.deleteRecords('events', 0, BigInt(end))
  const rest = topic.filter(slot => !isEarly(slot))
  for (let from = 0; from < rest.length; from += 20) {
    fill(source, rest.slice(from, from + 20))
    ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
    await refresh(f)
  }
  clock.advance(day)
  ok(await runMaintenance(f.lake, 'timer'))
  // Runs that find nothing to do are in the journal before the monitor comes to it.
  for (let n = 0; n < 3; n++) await refresh(f)
  clock.advance(8 * day)
  ok(await runMaintenance(f.lake, 'timer'))
  return f
}

beforeAll(async () => {
  old = await openOldLake()
  today = await made()
})

afterAll(async () => {
  await old.lake.close()
  await today.lake.close()
})

describe.each(paths)('%s', path => {
  test('has every column, property and partition column that it had', async () => {
    const [before, after] = [await shapeOf(old.lake, path), await shapeOf(today.lake, path)]
    expect(before.columns.length).toBeGreaterThan(0)
    expect(missingColumns(before, after)).toEqual([])
    expect(after.partitionColumns).toEqual(before.partitionColumns)
    expect(after.configuration).toEqual(before.configuration)
    expect(after.protocol).toEqual(before.protocol)
  })

  test('has every txn and every field of commitInfo that it had', async () => {
    const [before, after] = [await shapeOf(old.lake, path), await shapeOf(today.lake, path)]
    expect(before.appIds.length).toBeGreaterThan(0)
    expect(before.commitFields.length).toBeGreaterThan(0)
    expect(before.appIds.filter(appId => !after.appIds.includes(appId))).toEqual([])
    expect(before.commitFields.filter(field => !after.commitFields.includes(field))).toEqual([])
  })
})

test('how far a partition is stands under the name that it had, and so do its facts', async () => {
  for (const f of [old, today]) {
    const state = await f.lake.table('bronze/events').state({ fresh: true })
    const factsOf = (partition: number) => {
      const covered = `lake/${state?.metadata.id ?? ''}/events/0/${partition}`
      return ['', '/start', '/missing', '/holes'].map(fact => state?.txns.get(`${covered}${fact}`)?.version)
    }
    expect(factsOf(0)).toEqual([55n, 0n, 3n, 1n])
    expect(factsOf(1)).toEqual([49n, 0n, undefined, 5n])
  }
})

test('the same records become the same rows, accepted and rejected', async () => {
  expect(eachOffsetOnce(await today.lineage(), spansOf(await oldTopic()))).toEqual([])
  for (const [path, ...ofTheRun] of [
    ['bronze/events', '_ingested_at', '_ingest_date'],
    // Kafka's timestamps are new.
    ['silver/events', '_ingested_at', '_timestamp'],
    // The model that ships is called by its stream since.
    ['gold/events_scored', '_ingested_at', '_timestamp', 'scored_at', 'model_name'],
    // The quantiles of the scores, and what waits, are new.
    ['gold/events_summary', 'newest_ingested_at', 'score_p50', 'score_p95', 'score_p99', 'waiting'],
  ] as const) {
    const rows = async (f: BronzeFixture) =>
      (await f.read(path)).map(row => lineOf(row, ofTheRun)).toSorted((a, b) => (a < b ? -1 : 1))
    const [before, after] = [await rows(old), await rows(today)]
    expect(before.length, path).toBeGreaterThan(0)
    expect(after, path).toEqual(before)
  }
})

async function modelFiles(f: BronzeFixture, name: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for await (const { path } of f.store.list(`models/${name}/`)) {
    const text = Buffer.from((await f.store.get(path)) ?? []).toString('latin1')
    found[path.slice(`models/${name}/`.length)] = text.replace(`"name": "${name}"`, '"name": ""')
  }
  return found
}

test('the model that ships has the same files, under its new name', async () => {
  const before = await modelFiles(old, 'anomaly')
  expect(Object.keys(before).length).toBeGreaterThan(0)
  expect(await modelFiles(today, 'events-anomaly')).toEqual(before)
})

test('the champion of the old name scores on under the new one, its own files untouched', async () => {
  await using f = await openOldLake()
  const before = await modelFiles(f, 'anomaly')
  const own = JSON.parse(before['starter-1/model.json'] ?? '') as Record<string, unknown>
  await f.store.put(
    'models/anomaly/mine/model.onnx',
    (await f.store.get('models/anomaly/starter-1/model.onnx')) ?? new Uint8Array(),
  )
  const card = { ...own, name: 'anomaly', version: 'mine' }
  await f.store.put('models/anomaly/mine/model.json', new TextEncoder().encode(JSON.stringify(card)))
  await f.store.put('models/anomaly/champion.json', new TextEncoder().encode('{"version":"mine"}'))
  f.append(range(0, 3), 0)
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  expectAllWell(await refresh(f))
  const rows = await f.read('gold/events_scored')
  const models = new Set(rows.map(row => `${row['model_name'] as string} ${row['model_version'] as string}`))
  expect([...models].toSorted()).toEqual(['anomaly starter-1', 'events-anomaly mine'])
  expect(await modelFiles(f, 'anomaly')).toMatchObject({ 'champion.json': '{"version":"mine"}' })
})

test('a lake that was gone on with has its old columns and txns', async () => {
  await using f = await openOldLake()
  f.append(range(0, 3), 0)
  ok(await catchUp(f.lake, 'timer', { stalledForMs: 0 }))
  expectAllWell(await refresh(f))
  for (const path of paths) {
    const [before, after] = [await shapeOf(old.lake, path), await shapeOf(f.lake, path)]
    expect(missingColumns(before, after), path).toEqual([])
    expect(
      after.columns.slice(0, before.columns.length).map(c => c.name),
      path,
    ).toEqual(before.columns.map(c => c.name))
    const state = await f.lake.table(path).state({ fresh: true })
    for (const appId of (await old.lake.table(path).state())?.txns.keys() ?? [])
      expect(state?.txns.has(appId), `${path}: ${appId}`).toBe(true)
  }
})

/** A column that is left may take null where it took none; nothing else of it may change. */
function missingColumns(before: TableShape, after: TableShape): readonly string[] {
  const now = new Map(after.columns.map(column => [column.name, column]))
  return before.columns
    .filter(({ name, type, nullable }) => {
      const found = now.get(name)
      return found?.type !== type || (nullable && !found.nullable)
    })
    .map(({ name }) => name)
}

function lineOf(row: Readonly<Record<string, unknown>>, without: readonly string[]): string {
  return JSON.stringify(
    Object.entries(row)
      .filter(([name]) => !without.includes(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? [...value] : value),
  )
}
