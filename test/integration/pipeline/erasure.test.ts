import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { systemClock } from '../../../shared/clock.js'
import {
  defineStream,
  double,
  long,
  scoredPath,
  silverPath,
  type Stream,
  timestamp,
} from '../../../shared/contract/index.js'
import { restoreTable } from '../../../shared/delta/dml/index.js'
import { backfill, backfillPlan } from '../../../shared/pipeline/bronze/index.js'
import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { rebuildGold } from '../../../shared/pipeline/gold/index.js'
import {
  catchUp,
  resetOffsets,
  runGold,
  runMaintenance,
  runMonitor,
  runSilver,
} from '../../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../../shared/pipeline/lake/index.js'
import { replayQuarantine } from '../../../shared/pipeline/quarantine/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { KafkaSource } from '../../../shared/sources/kafka/index.js'
import { openAzureBlob } from '../../../shared/storage/azureBlob/index.js'
import type { ObjectStore } from '../../../shared/storage/index.js'
import { LocalDiskStore } from '../../../shared/storage/localDisk/index.js'
import type { Row } from '../../../shared/types/index.js'
import { type Azurite, startAzurite } from '../../harness/azurite.js'
import { startTestBroker, type TestBroker } from '../../harness/broker.js'
import { readTable } from '../../pipeline/bronze/bronzeFixture.js'
import { tracesOf } from '../../pipeline/erasure/traces.js'
import { Random, seedNote } from '../../random.js'

let kafka: TestBroker
let azurite: Azurite
let folder: string

beforeAll(async () => {
  ;[kafka, azurite] = await Promise.all([startTestBroker(), startAzurite()])
  folder = await mkdtemp(join(tmpdir(), 'lake-erasure-'))
})

afterAll(async () => {
  await Promise.all([kafka.close(), azurite.stop()])
  await rm(folder, { recursive: true, force: true })
})

const partitions = 3
const common = { eventTime: 'at', allowedLateness: '10 minutes', dedupeWithin: '1 day' } as const
const expectations = { 'value is positive': (e: { value: number }) => e.value > 0 }

const textKeys = (topic: string, isLenient = false) =>
  defineStream({
    ...common,
    name: 'page_views',
    topic,
    schema: z.object({ 'user"id': z.string().min(1), at: timestamp(), value: double() }),
    key: 'user"id',
    ...(isLenient ? {} : { expectations }),
  })

const numberKeys = (topic: string) =>
  defineStream({
    ...common,
    name: 'orders',
    topic,
    schema: z.object({ select: long(), at: timestamp(), value: double() }),
    key: 'select',
    expectations,
  })

/** In both streams, but for the second erased in the first alone. */
const texts = { name: `Ærøskøbing "7'); DROP TABLE x --`, spared: 'spared-key' }
const number = 9_007_199_254_740_993n

/** The machine's clock, on which nobody waits for two minutes. */
const hasty = { ...systemClock, sleep: (ms: number) => systemClock.sleep(Math.min(ms, 50)) }

async function produce(random: Random, views: string, orders: string): Promise<void> {
  const now = Date.now()
  const at = () => new Date(now - random.below(60_000)).toISOString()
  const amount = () => (random.below(5) === 0 ? -1 : 1 + random.below(9))
  const keys = ['a', 'b', 'c', texts.name, texts.spared]
  const view = () => {
    const id = random.pick(keys)
    const whole = JSON.stringify({ 'user"id': id, at: at(), value: amount() })
    const value = random.below(8) === 0 ? whole.slice(0, -9) : whole
    return { key: random.below(2) === 0 ? id : null, value, headers: random.below(4) === 0 ? { user: id } : {} }
  }
  const order = () => ({
    key: null,
    value: `{"select":${random.below(4) === 0 ? number : BigInt(random.below(9))},"at":"${at()}","value":${amount()},"note":"ordered"}`,
  })
  const producer = kafka.client.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (const [topic, make] of [
    [views, view],
    [orders, order],
  ] as const) {
    const messages = Array.from({ length: 150 }, (_, n) => ({ ...make(), partition: n % partitions }))
    await producer.send({ topic, messages })
  }
  await producer.send({
    topic: views,
    messages: [
      { key: texts.name, value: JSON.stringify({ 'user"id': texts.name, at: at(), value: 5 }), partition: 0 },
      { key: texts.name, value: null, partition: 1 },
      { key: texts.spared, value: JSON.stringify({ 'user"id': texts.spared, at: at(), value: 5 }), partition: 2 },
    ],
  })
  await producer.disconnect()
}

function ok(reports: readonly StepReport[]): void {
  for (const { step, error } of reports) if (error !== undefined) throw new Error(`${step}: ${error.message}`)
}

async function refine(lake: Lake): Promise<void> {
  ok(await catchUp(lake, 'command'))
  ok(await runSilver(lake, 'timer'))
  ok(await runGold(lake, 'timer'))
}

async function expectBalanced(lake: Lake, note: string): Promise<void> {
  const since = BigInt(await lake.store.now()) * 1000n
  await systemClock.sleep(5)
  ok(await runMonitor(lake, 'timer'))
  const rows = (await readTable(lake, 'monitor_logs')).filter(row => (row['run_time'] as bigint) >= since)
  expect(rows.length, note).toBeGreaterThan(5)
  for (const row of rows)
    expect([row['table_name'], row['identity_closed'], row['identity']], note).not.toContain(false)
}

const fileUrl = (name: string) => join(folder, name)
const stores: Readonly<Record<string, () => Promise<ObjectStore>>> = {
  disk: () => Promise.resolve(new LocalDiskStore(fileUrl('disk'))),
  blob: () => openAzureBlob(`${azurite.url}/lake/a folder`, { connectionString: azurite.connectionString }),
}

/** Where the keys still are, of the stream that they were erased from, and of the whole lake. */
async function leftOf(store: ObjectStore): Promise<readonly string[]> {
  const own = (path: string) => /^(bronze|silver|gold)\/page_views/.test(path)
  const [name, spared, erased] = [
    await tracesOf(store, texts.name),
    await tracesOf(store, texts.spared),
    await tracesOf(store, String(number)),
  ]
  expect(spared.some(own)).toBe(true)
  return [...name, ...erased]
}

describe.each(['disk', 'blob'])('keys erased from two streams of a broker, in a lake on a %s', kind => {
  test('come back by nothing that reads, rebuilds, resets, replays or restores', async () => {
    const random = new Random()
    const [views, orders] = [
      await kafka.topic(`views-${kind}`, { numPartitions: partitions }),
      await kafka.topic(`orders-${kind}`, { numPartitions: partitions }),
    ]
    await produce(random, views, orders)
    const store = (await stores[kind]?.()) as ObjectStore
    const streams: readonly Stream[] = [textKeys(views), numberKeys(orders)]
    const settings = readSettings({
      LAKE_URL: 'file:///unused',
      DUCKDB_MEMORY_LIMIT: '256MB',
      BRONZE_MAX_COMMIT_ROWS: '70',
    })
    const source = new KafkaSource({ connection: { brokers: [kafka.brokers] } })
    const lake = await openLake(settings, { store, source, streams, clock: hasty })
    const [pages, sales] = streams as readonly [Stream, Stream]
    const lineageOf = (rows: readonly Row[]) =>
      rows.map(row => `${row['_partition'] as number}/${row['_offset'] as bigint}`).toSorted()
    try {
      await refine(lake)
      const why = { by: texts.name, why: `asked for by ${texts.name}` }
      await replayQuarantine(lake, textKeys(views, true), { partition: 1 }, why)
      ok(await runGold(lake, 'timer'))
      ok(await runMonitor(lake, 'timer'))
      ok(await runMaintenance(lake, 'timer'))
      const restored = (await lake.table(silverPath(pages)).state({ fresh: true }))?.version ?? -1
      const before = await tracesOf(store, texts.name)
      for (const path of ['bronze/page_views/', 'silver/page_views/', 'gold/page_views_scored/', '_delta_log/'])
        expect(
          before.some(found => found.includes(path)),
          path,
        ).toBe(true)

      await eraseKeys(lake, pages, [texts.name])
      await eraseKeys(lake, sales, [String(number)])
      expect(await leftOf(store), 'erased').toEqual([])
      await expectBalanced(lake, 'erased')
      const silver = lineageOf(await readTable(lake, silverPath(pages)))

      const all = new Map(Array.from({ length: partitions }, (_, n) => [n, 0n]))
      for (const stream of streams)
        for (const request of [{ offsets: all }, { time: 0 }])
          ok([await backfill(lake, stream, await backfillPlan(lake, stream, request))])
      await refine(lake)
      expect(await leftOf(store), 'backfill').toEqual([])

      for (const stream of streams) {
        ok([await rebuildSilver(lake, stream)])
        ok(await rebuildGold(lake, stream))
      }
      expect(await leftOf(store), 'rebuilt').toEqual([])
      expect(lineageOf(await readTable(lake, silverPath(pages))), seedNote).toEqual(silver)
      await expectBalanced(lake, 'rebuilt')

      for (const path of [silverPath(pages), scoredPath(pages)])
        await expect(restoreTable(lake.table(path), { version: restored })).rejects.toMatchObject({
          code: expect.stringMatching(/^DELTA_/) as unknown,
        })
      for (const stream of streams) await resetOffsets(lake, stream)
      await refine(lake)
      await replayQuarantine(lake, textKeys(views, true), {}, { by: 'ada', why: undefined })
      ok(await runGold(lake, 'timer'))
      ok(await runMaintenance(lake, 'timer'))
      expect(await leftOf(store), 'reset').toEqual([])
      await expectBalanced(lake, 'reset')
      const codes = (await readTable(lake, 'bronze/page_views')).filter(row => row['_error_code'] === 'ERASED')
      expect(new Set(codes.map(row => row['_generation']))).toEqual(new Set([0, 1]))
    } finally {
      await lake.close()
      await source.close()
    }
  })
})
