import { EventHubConsumerClient, type Subscription } from '@azure/event-hubs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { EventHubsSource } from '../../../shared/sources/eventHubs/eventHubsSource.js'
import type { OffsetRange, SourceBatch, SourceRecord } from '../../../shared/sources/source.js'
import { EventHubsServer } from '../../harness/eventHubsServer.js'

const topic = 'events'
/** Where events must come, and where none may. */
const limits = { link: 1_000, total: 120_000 }
const hasty = { link: 1_000, total: 2_000 }

let server: EventHubsServer
let source: EventHubsSource
const others: Subscription[] = []

beforeEach(async () => {
  server = await EventHubsServer.start({ partitions: 2 })
  source = sourceOf('lake-reader')
})

afterEach(async () => {
  await Promise.all(others.splice(0).map(other => other.close()))
  await source.close()
  await server[Symbol.asyncDispose]()
})

const sourceOf = (consumerGroup: string, waits = limits, connectionString = server.connectionString) =>
  new EventHubsSource({ connection: { connectionString, consumerGroup }, silenceLimits: waits })

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({ body: Buffer.from(String(from + n)) }))

const offsets = (records: readonly SourceRecord[]) => records.map(({ offset }) => Number(offset))
const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, n) => from + n)

async function readAll(
  range: OffsetRange,
  onBatch: (batch: SourceBatch, seen: number) => void = () => undefined,
  from = source,
) {
  const records: SourceRecord[] = []
  let position = range.start
  for await (const batch of from.read(topic, range)) {
    records.push(...batch.records)
    position = batch.position
    onBatch(batch, records.length)
  }
  return { records, position }
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as { code?: string }).code,
  )

/** A receiver with an owner level, as a trigger's are. */
async function trigger(group: string, partition = 0): Promise<void> {
  const client = new EventHubConsumerClient(group, server.connectionString, topic)
  others.push(
    client.subscribe(
      String(partition),
      { processEvents: () => Promise.resolve(), processError: () => Promise.resolve() },
      { ownerLevel: 1 },
    ),
  )
  while (!server.hasEpoch(partition, group)) await new Promise(resolve => setTimeout(resolve, 10))
}

describe('a range', () => {
  test('is read from its first offset to its last, and not beyond', async () => {
    server.append(0, numbered(30))
    const { records, position } = await readAll({ partition: 0, start: 10n, end: 20n })
    expect(offsets(records)).toEqual(upTo(20, 10))
    expect(records.map(({ value }) => String(value))).toEqual(upTo(20, 10).map(String))
    expect(position).toBe(20n)
  })

  test('a pause of the service loses nothing, on a link that lives and on one that is silent for good', async () => {
    server.append(0, numbered(1_000))
    server.pause(0, 10)
    const { records } = await readAll({ partition: 0, start: 0n, end: 1_000n }, (_, seen) => {
      if (seen === 10)
        setTimeout(() => {
          server.resume(0)
        }, 300)
    })
    expect(offsets(records)).toEqual(upTo(1_000))

    server.pause(0, 10)
    const stuck = readAll({ partition: 0, start: 0n, end: 1_000n }, (_, seen) => {
      if (seen !== 10) return
      server.deafen(0)
      server.resume(0)
    })
    expect(offsets((await stuck).records)).toEqual(upTo(1_000))
  })

  test('silence proves nothing: the rest of the range is an error that may be retried, and what came stands', async () => {
    server.append(0, numbered(1_000))
    server.pause(0, 10)
    const seen: SourceBatch[] = []
    const impatient = sourceOf('lake-reader', hasty)
    const reading = readAll(
      { partition: 0, start: 0n, end: 1_000n },
      batch => {
        seen.push(batch)
      },
      impatient,
    )
    await expect(reading).rejects.toMatchObject({
      code: 'SOURCE_SILENT',
      retryable: true,
      data: { partition: 0, start: 10n, end: 1_000n },
    })
    expect(seen.at(-1)?.position).toBe(10n)
    expect(offsets(seen.flatMap(({ records }) => records))).toEqual(upTo(10))
    await impatient.close()
    server.resume(0)
    expect(offsets((await readAll({ partition: 0, start: 10n, end: 1_000n })).records)).toEqual(upTo(1_000, 10))
  })

  test('holes are passed over by the event behind them, and only by it', async () => {
    server.append(0, numbered(10))
    server.hub().partition(0).compactAway([0, 4, 8, 9])
    const impatient = sourceOf('lake-reader', hasty)
    await expect(readAll({ partition: 0, start: 0n, end: 10n }, undefined, impatient)).rejects.toMatchObject({
      code: 'SOURCE_SILENT',
      data: { start: 8n },
    })
    await impatient.close()
    server.append(0, numbered(1))
    let holes = 0n
    const { records, position } = await readAll({ partition: 0, start: 0n, end: 10n }, batch => {
      holes += batch.holes
    })
    expect(offsets(records)).toEqual([1, 2, 3, 5, 6, 7])
    expect([position, holes]).toEqual([10n, 4n])
  })

  test('goes on behind a link that was detached', async () => {
    server.append(0, numbered(500))
    server.pause(0, 100)
    let detached = 0
    const { records } = await readAll({ partition: 0, start: 0n, end: 500n }, (_, seen) => {
      if (seen !== 100 || detached++ > 0) return
      server.detach(0)
      server.resume(0)
    })
    expect(detached).toBe(1)
    expect(offsets(records)).toEqual(upTo(500))
  })

  test('that retention has reached, also while it is read, is out of range', async () => {
    server.append(0, numbered(100))
    server.hub().partition(0).trim(20)
    expect(await codeOf(readAll({ partition: 0, start: 0n, end: 50n }))).toBe('SOURCE_OUT_OF_RANGE')
    server.pause(0, 30)
    const reading = readAll({ partition: 0, start: 20n, end: 100n }, (_, seen) => {
      if (seen === 10) server.hub().partition(0).trim(60)
    })
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_OUT_OF_RANGE', data: { start: 30n, logStart: 60n } })
  })

  test('of a hub that is recreated meanwhile is out of range', async () => {
    server.append(0, numbered(100))
    server.pause(0, 30)
    const reading = readAll({ partition: 0, start: 0n, end: 100n }, (_, seen) => {
      if (seen === 30) server.recreate()
    })
    expect(await codeOf(reading)).toBe('SOURCE_OUT_OF_RANGE')
  })

  test('two readers of one partition do not shut each other out', async () => {
    server.append(0, numbered(50))
    server.pause(0, 10)
    const shared = sourceOf('lake-reader', { link: 1_000, total: 10_000 })
    const first = shared.read(topic, { partition: 0, start: 0n, end: 50n })[Symbol.asyncIterator]()
    expect((await first.next()).value?.position).toBe(10n)
    expect(offsets((await readAll({ partition: 0, start: 0n, end: 10n }, undefined, shared)).records)).toEqual(upTo(10))
    server.resume(0)
    expect((await first.next()).value?.records[0]?.offset).toBe(10n)
    await first.return()
    await shared.close()
  })

  test('an abort ends a read that waits', async () => {
    server.append(0, numbered(10))
    server.pause(0, 0)
    const stop = new AbortController()
    const reading = source
      .read(topic, { partition: 0, start: 0n, end: 10n }, { signal: stop.signal })
      [Symbol.asyncIterator]()
      .next()
    setTimeout(() => {
      stop.abort(new Error('enough'))
    }, 50)
    await expect(reading).rejects.toThrow('enough')
  })

  test('events with properties of every AMQP type do not stop it', async () => {
    const properties = {
      Type: 'a',
      n: 1.5,
      big: Buffer.from('7fffffffffffffff', 'hex'),
      none: null,
      at: new Date(5),
      yes: false,
      deep: { a: [1, { b: 2 }] },
    }
    server.append(0, [
      { body: Buffer.from('{}'), properties },
      { body: { a: 1 }, partitionKey: 'k' },
      { body: null },
      { body: 'text' },
    ])
    const { records } = await readAll({ partition: 0, start: 0n, end: 4n })
    expect(records[0]?.headers.map(([name]) => name)).toEqual(Object.keys(properties))
    expect(records.map(({ value }) => (value === null ? null : String(value)))).toEqual(['{}', '{"a":1}', null, 'text'])
    expect(String(records[1]?.key)).toBe('k')
  })
})

describe('the offset at a time', () => {
  const at = (time: number) => ({ body: Buffer.from('{}'), enqueuedTime: time })

  test('is of the first event at or behind it, the very millisecond included', async () => {
    server.append(0, [at(1_000), at(2_000), at(2_000), at(3_000)])
    expect(await source.offsetAt(topic, 0, 2_000)).toBe(1n)
    expect(await source.offsetAt(topic, 0, 1_999.5)).toBe(1n)
    expect(await source.offsetAt(topic, 0, 2_001)).toBe(3n)
    expect(await source.offsetAt(topic, 0, 0)).toBe(0n)
  })

  test('is the end only where the last event is earlier, or there is none', async () => {
    expect(await source.offsetAt(topic, 0, 1_000)).toBe(0n)
    server.append(0, [at(1_000)])
    expect(await source.offsetAt(topic, 0, 1_001)).toBe(1n)
    expect(await source.offsetAt(topic, 0, 1_000)).toBe(0n)
  })

  test('is not the end because the service is slow', async () => {
    server.append(0, [at(1_000), at(2_000)])
    server.pause(0, 0)
    setTimeout(() => {
      server.resume(0)
    }, 300)
    expect(await source.offsetAt(topic, 0, 1_500)).toBe(1n)
    server.pause(0, 0)
    const impatient = sourceOf('lake-reader', hasty)
    await expect(impatient.offsetAt(topic, 0, 1_500)).rejects.toMatchObject({ code: 'SOURCE_SILENT', retryable: true })
    await impatient.close()
  })
})

describe('the consumer group of the reader', () => {
  test('is looked for at the start, by name', async () => {
    const lost = sourceOf('nobody')
    await expect(lost.offsets(topic)).rejects.toMatchObject({
      code: 'SOURCE_BAD_SETTINGS',
      message: expect.stringMatching(/no consumer group nobody.*EVENTHUBS_READER_CONSUMER_GROUP/) as string,
    })
    server.hub().consumerGroups.add('nobody')
    await expect(lost.offsets(topic)).resolves.toHaveLength(2)
    await lost.close()
  })

  test("shared with a trigger is refused at the start; one of the reader's own is not", async () => {
    server.append(0, numbered(10))
    await trigger('$Default')
    const shared = sourceOf('$Default')
    const refusal = {
      code: 'SOURCE_REFUSED',
      retryable: false,
      message: expect.stringMatching(/ReceiverDisconnectedError/) as string,
    }
    await expect(shared.offsets(topic)).rejects.toMatchObject(refusal)
    await expect(readAll({ partition: 0, start: 0n, end: 10n }, undefined, shared)).rejects.toMatchObject(refusal)
    await shared.close()
    await source.offsets(topic)
    expect((await readAll({ partition: 0, start: 0n, end: 10n })).records).toHaveLength(10)
  })

  test('taken over by a trigger while a range is read is named', async () => {
    server.append(0, numbered(10))
    server.pause(0, 5)
    const refused = expect(readAll({ partition: 0, start: 0n, end: 10n })).rejects.toMatchObject({
      code: 'SOURCE_REFUSED',
      data: { consumerGroup: 'lake-reader' },
    })
    while (server.receivers(0) === 0) await new Promise(resolve => setTimeout(resolve, 10))
    await trigger('lake-reader')
    await refused
  })

  test('leaves no receiver behind', async () => {
    server.append(0, numbered(10))
    for (let n = 0; n < 8; n++) expect((await readAll({ partition: 0, start: 0n, end: 5n })).records).toHaveLength(5)
    await expect.poll(() => server.receivers(0)).toBe(0)
  })
})

describe('the identity of a hub', () => {
  const asked = new Map([
    [0, undefined],
    [1, undefined],
  ])
  const idOf = async () => (await source.identify(topic, asked)).get(1)

  test('is the same at every call, and another once the hub was recreated', async () => {
    const before = await idOf()
    expect(before).toMatchObject({ kind: 'known', epoch: undefined })
    expect(await idOf()).toEqual(before)
    server.recreate(new Date(Date.now() + 1_000))
    expect(await idOf()).not.toEqual(before)
  })

  test('is unknown where the service does not tell when it was created, and failed where it does not answer', async () => {
    server.recreate(new Date(Number.NaN))
    expect(await idOf()).toMatchObject({ kind: 'known', topicId: undefined })
    expect((await source.identify('other', asked)).get(0)).toMatchObject({
      kind: 'failed',
      error: { code: 'SOURCE_TOPIC_MISSING' },
    })
  })
})

describe('what is not there', () => {
  test('a hub, a partition and a server that are missing each have their name', async () => {
    expect(await codeOf(source.offsets('other'))).toBe('SOURCE_TOPIC_MISSING')
    expect(await codeOf(readAll({ partition: 7, start: 0n, end: 1n }))).toBe('SOURCE_PARTITION_MISSING')
    const { connectionString } = server
    await server[Symbol.asyncDispose]()
    const nowhere = sourceOf('lake-reader', limits, connectionString)
    await expect(nowhere.offsets(topic)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true })
    await nowhere.close()
    server = await EventHubsServer.start()
  })

  test('a refused token is a matter of access', async () => {
    server.tokenStatus = 401
    expect(await codeOf(source.offsets(topic))).toBe('SOURCE_UNAUTHORIZED')
  })

  test('a connection string of another hub names the hub, and not the key', async () => {
    const other = sourceOf('lake-reader', limits, `${server.connectionString};EntityPath=orders`)
    const error = await other.offsets(topic).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'SOURCE_BAD_SETTINGS',
      message: expect.stringMatching(/orders.*events/) as string,
    })
    expect(String(error)).not.toContain('dGVzdA==')
  })
})

describe('events that are produced', () => {
  test('come back as they were: key, bytes, headers, in order', async () => {
    const header = Buffer.from([0xff, 0x00])
    await source.produce(
      topic,
      upTo(5).map(n => ({ key: Buffer.from('k'), value: Buffer.from([n]), headers: [['Name', header] as const] })),
    )
    const logs = await source.offsets(topic)
    const log = logs.find(({ end }) => end > 0n) ?? logs[0]
    if (log === undefined) throw new Error('no partition')
    const { records } = await readAll({ ...log })
    expect(records.map(({ key, value, headers }) => [String(key), [...(value ?? [])], headers])).toEqual(
      upTo(5).map(n => ['k', [n], [['Name', header]]]),
    )
  })

  test('with a header twice are refused instead of losing one', async () => {
    const twice = {
      key: null,
      value: Buffer.from('x'),
      headers: [
        ['a', null],
        ['a', null],
      ] as const,
    }
    expect(await codeOf(source.produce(topic, [twice]))).toBe('SOURCE_REFUSED')
  })
})
