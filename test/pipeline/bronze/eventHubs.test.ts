import { EventHubConsumerClient, type Subscription } from '@azure/event-hubs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { systemClock } from '../../../shared/clock.js'
import { bronzePath } from '../../../shared/contract/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { coveredAppId, type PartitionProgress, readProgress } from '../../../shared/pipeline/bronze/progress.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { openLake } from '../../../shared/pipeline/lake/openLake.js'
import { readSettings } from '../../../shared/settings/index.js'
import { EventHubsSource } from '../../../shared/sources/eventHubs/index.js'
import { fromEventHubTrigger } from '../../../shared/sources/trigger/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { EventHubsServer } from '../../harness/eventHubsServer.js'
import { events } from '../../harness/sampleStream/events.js'
import { day0, eventRecord, readTable } from './bronzeFixture.js'

let server: EventHubsServer
let source: EventHubsSource
let lake: Lake
const others: Subscription[] = []

const sourceOf = (total: number) =>
  new EventHubsSource({
    connection: { connectionString: server.connectionString, consumerGroup: 'lake-reader' },
    silenceLimits: { link: 1_000, total },
  })

const openOn = (from: EventHubsSource, store: MemoryStore) =>
  openLake(readSettings({ LAKE_URL: 'file:///unused' }), { store, source: from, streams: [events] })

beforeEach(async () => {
  server = await EventHubsServer.start({ hub: events.topic })
  source = sourceOf(120_000)
  lake = await openOn(source, new MemoryStore(systemClock))
})

afterEach(async () => {
  await Promise.all(others.splice(0).map(other => other.close()))
  await lake.close()
  await server[Symbol.asyncDispose]()
})

const sent = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({ body: eventRecord(from + n).value, partitionKey: `k${from + n}` }))

async function progress(of = lake): Promise<PartitionProgress | undefined> {
  const state = await of.table(bronzePath(events)).state({ fresh: true })
  return state && readProgress(state.metadata.id, events.topic, state.txns).get(0)
}

async function rowsOf(
  of = lake,
): Promise<readonly { readonly offset: bigint; readonly headers: string | null; readonly error: string | null }[]> {
  const rows = await readTable(of, bronzePath(events))
  return rows
    .map(row => ({
      offset: row['_offset'] as bigint,
      headers: row['_headers'] as string | null,
      error: row['_error_code'] as string | null,
    }))
    .sort((a, b) => Number(a.offset - b.offset))
}

/** An Event Hubs trigger at work: its receiver has an owner level. */
async function triggerReads(group = '$Default'): Promise<void> {
  const client = new EventHubConsumerClient(group, server.connectionString, events.topic)
  others.push(
    client.subscribe(
      '0',
      { processEvents: () => Promise.resolve(), processError: () => Promise.resolve() },
      { ownerLevel: 1 },
    ),
  )
  while (!server.hasEpoch(0, group)) await new Promise(resolve => setTimeout(resolve, 10))
}

const delivery = (bodies: readonly Uint8Array[], from: number, properties: readonly unknown[]) =>
  fromEventHubTrigger(events.topic, bodies, {
    partitionContext: { partitionId: '0' },
    sequenceNumberArray: bodies.map((_, n) => from + n),
    enqueuedTimeUtcArray: bodies.map(() => new Date(day0).toISOString()),
    partitionKeyArray: bodies.map(() => null),
    propertiesArray: properties,
  })

describe('a catch-up from Event Hubs', () => {
  test('loses nothing in a pause: what came is committed, and the next run reads the rest', async () => {
    const store = new MemoryStore(systemClock)
    const hasty = await openOn(sourceOf(3_000), store)
    server.append(0, sent(1_000))
    server.pause(0, 10)
    const [first] = await catchUp(hasty, 'command')
    expect(first).toMatchObject({ outcome: 'failed', error: { code: 'SOURCE_SILENT', retryable: true } })
    expect(await progress(hasty)).toMatchObject({ covered: 9n, missing: 0n, holes: 0n })
    await hasty.close()
    server.resume(0)
    const patient = await openOn(source, store)
    expect((await catchUp(patient, 'command'))[0]).toMatchObject({ outcome: 'committed', rowsOut: 990 })
    expect(await progress(patient)).toMatchObject({ covered: 999n, missing: 0n, holes: 0n })
    expect((await rowsOf(patient)).map(({ offset }) => Number(offset))).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n),
    )
  })

  test('is not taken for recreated where compaction removed the last events', async () => {
    const store = new MemoryStore(systemClock)
    const hasty = await openOn(sourceOf(3_000), store)
    server.append(0, sent(10))
    server.hub().partition(0).compactAway([8, 9])
    expect((await catchUp(hasty, 'command'))[0]).toMatchObject({ error: { code: 'SOURCE_SILENT' } })
    expect(await progress(hasty)).toMatchObject({ covered: 7n, holes: 0n })
    await hasty.close()
    server.append(0, sent(5, 10))
    const patient = await openOn(source, store)
    expect((await catchUp(patient, 'command'))[0]).toMatchObject({ outcome: 'committed' })
    expect(await progress(patient)).toMatchObject({ covered: 14n, holes: 2n, missing: 0n })
  })

  test.each([0, 3, 10, 30])('stops at a hub that was recreated, with %i events in it', async count => {
    server.append(0, sent(10))
    await catchUp(lake, 'command')
    server.recreate(new Date(Date.now() + 60_000))
    server.append(0, sent(count, 100))
    expect((await catchUp(lake, 'command'))[0]).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
  })
})

describe('whether a hub is still the same', () => {
  test('is recognised by its events, too, where the service says of both that they were created at one time', async () => {
    const store = new MemoryStore(systemClock)
    server.recreate(new Date(day0))
    server.append(0, sent(10))
    await catchUp(await openOn(source, store), 'command')
    server.recreate(new Date(day0))
    server.append(0, sent(30, 100))
    expect((await catchUp(await openOn(source, store), 'command'))[0]).toMatchObject({
      outcome: 'failed',
      error: { code: 'TOPIC_RECREATED' },
    })
  })

  test('is not denied because version 0.1.0 took a pause for holes', async () => {
    const store = new MemoryStore(systemClock)
    server.append(0, sent(10))
    const before = await openOn(source, store)
    await catchUp(before, 'command')
    const table = before.table(bronzePath(events))
    const state = await table.state({ fresh: true })
    const known = await progress(before)
    if (state === undefined || known === undefined) throw new Error('no table')
    const id = state.metadata.id
    const appId = coveredAppId(id, events.topic, 0, 0)
    const txns = [
      { appId, version: 999n, lastUpdated: day0 },
      ...(
        [
          ['tail', 0n],
          ['holes', 990n],
        ] as const
      ).map(([fact, version]) => ({ appId: `${appId}/${fact}`, version, lastUpdated: day0 })),
    ]
    await table.commit({
      readVersion: state.version,
      actions: txns.map(txn => ({ txn })),
      operation: 'STREAMING UPDATE',
      isBlindAppend: true,
      reads: { files: 'none', appIds: () => false },
    })
    server.append(0, sent(995, 10))
    const after = await openOn(source, store)
    expect((await catchUp(after, 'command'))[0]).toMatchObject({ outcome: 'committed', rowsOut: 5 })
    expect(await progress(after)).toMatchObject({ covered: 1_004n, generation: 0 })
  })
})

describe('a delivery of the Event Hubs trigger', () => {
  test('with properties is read again while the trigger holds its own group, and stops nothing', async () => {
    await triggerReads()
    const properties = { Type: 'a', blob: Buffer.from([1, 2]), at: new Date(5), none: null }
    server.append(
      0,
      sent(3).map(event => ({ ...event, properties })),
    )
    server.append(0, sent(2, 3))
    const bodies = sent(5).map(({ body }) => body as Uint8Array)
    await ingestBatch(
      lake,
      events,
      delivery(bodies, 0, [{ type: 'a' }, { type: 'a' }, { type: 'a' }, {}, {}]),
      'eventhubs',
    )
    const rows = await rowsOf()
    expect(rows.map(({ offset, error }) => [offset, error])).toEqual([0n, 1n, 2n, 3n, 4n].map(offset => [offset, null]))
    expect(rows[0]?.headers).toContain('"Type"')
    expect(rows[0]?.headers).toContain(`["blob","${Buffer.from([1, 2]).toString('base64')}"]`)
  })

  test('with a body and properties that no JSON can hold becomes a row of quarantine', async () => {
    server.append(0, [{ body: { odd: Number.NaN, list: [1] }, properties: { nested: { a: [new Date(Number.NaN)] } } }])
    await ingestBatch(lake, events, delivery([Buffer.from('x')], 0, [{ nested: {} }]), 'eventhubs')
    expect(await rowsOf()).toMatchObject([{ offset: 0n, error: expect.any(String) as string }])
  })
})
