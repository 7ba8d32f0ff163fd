import { type EventHubConsumerClient, type ReceivedEventData, type SubscriptionEventHandlers } from '@azure/event-hubs'
import { describe, expect, test } from 'vitest'
import { EventChannel } from '../../shared/sources/eventHubs/eventChannel.js'
import { eventHubsFault } from '../../shared/sources/eventHubs/eventHubsFault.js'
import { toRecord } from '../../shared/sources/eventHubs/receivedEvent.js'

const event = (sequenceNumber: number, over: Partial<ReceivedEventData> = {}): ReceivedEventData => ({
  body: Buffer.from('x'), enqueuedTimeUtc: new Date(5_000), partitionKey: null, offset: '0', sequenceNumber,
  getRawAmqpMessage: () => { throw new Error('not used') }, ...over,
})

/** What the library does with a subscription, driven by hand. */
class PushingClient {
  handlers: SubscriptionEventHandlers | undefined
  closed = 0
  readonly client = {
    subscribe: (_partition: string, handlers: SubscriptionEventHandlers) => {
      this.handlers = handlers
      return { isRunning: true, close: () => { this.closed++; return Promise.resolve() } }
    },
  } as unknown as EventHubConsumerClient

  push(...events: ReceivedEventData[]): Promise<void> {
    return (this.handlers as SubscriptionEventHandlers).processEvents(events, undefined as never)
  }
}

describe('events from Event Hubs', () => {
  test('the sequence number is the offset; bytes, key and properties are kept', () => {
    const odd = Buffer.from([0xff, 0])
    const record = toRecord('t', 2, event(9_007_199_254_740_991, { body: odd, partitionKey: 'ü', properties: { a: 'b', n: 1 } }))
    expect(record).toMatchObject({ topic: 't', partition: 2, offset: 9_007_199_254_740_991n, timestamp: 5_000, value: odd })
    expect(Buffer.from(record.key ?? []).toString()).toBe('ü')
    expect(record.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()])).toEqual([['a', 'b'], ['n', '1']])
    expect(toRecord('t', 0, event(1, { body: null })).value).toBeNull()
    expect(toRecord('t', 0, event(1, { body: Buffer.alloc(0) })).value).toHaveLength(0)
  })

  test('the next batch is not taken from the service before this one was', async () => {
    const service = new PushingClient()
    const channel = new EventChannel(service.client, '0', {}, 10, 1)
    let released = false
    const pushed = service.push(event(1)).then(() => { released = true })
    await new Promise((resolve) => setImmediate(resolve))
    expect(released).toBe(false)
    expect((await channel.next()).map(({ sequenceNumber }) => sequenceNumber)).toEqual([1])
    await pushed
    const waiting = channel.next()
    await service.push(event(2))
    expect((await waiting).map(({ sequenceNumber }) => sequenceNumber)).toEqual([2])
  })

  test('an error, a signal and a close each end the waiting', async () => {
    const service = new PushingClient()
    const failing = new EventChannel(service.client, '0', {}, 10, 1)
    const waiting = failing.next()
    await service.handlers?.processError(new Error('link detached'), undefined as never)
    await expect(waiting).rejects.toThrow('link detached')
    await expect(failing.next()).rejects.toThrow('link detached')

    const stop = new AbortController()
    const stopped = new EventChannel(service.client, '0', {}, 10, 1, stop.signal)
    const interrupted = stopped.next()
    stop.abort(new Error('enough'))
    await expect(interrupted).rejects.toThrow('enough')

    const closing = new EventChannel(service.client, '0', {}, 10, 1)
    const held = service.push(event(1))
    await closing.close()
    await held
    expect(service.closed).toBe(1)
  })

  test('the library\'s errors become ours, with what may be retried', () => {
    const fault = (code: string, retryable: boolean) => eventHubsFault(Object.assign(new Error('x'), { code, retryable }), 't')
    expect(fault('MessagingEntityNotFoundError', false)).toMatchObject({ code: 'SOURCE_TOPIC_MISSING', retryable: false })
    expect(fault('UnauthorizedError', false)).toMatchObject({ code: 'SOURCE_UNAUTHORIZED', retryable: false })
    expect(fault('ServerBusyError', true)).toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true })
  })
})
