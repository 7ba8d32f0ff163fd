import type { EventHubConsumerClient, ReceivedEventData, SubscriptionEventHandlers } from '@azure/event-hubs'
import { describe, expect, test } from 'vitest'

import { type ChannelOptions, EventChannel } from '../../../shared/sources/eventHubs/eventChannel.js'

const event = (sequenceNumber: number) => ({ sequenceNumber }) as ReceivedEventData

/** What the library does with a subscription, driven by hand. */
class PushingClient {
  handlers: SubscriptionEventHandlers | undefined
  closed = 0
  readonly client = {
    subscribe: (_partition: string, handlers: SubscriptionEventHandlers) => {
      this.handlers = handlers
      return {
        isRunning: true,
        close: () => {
          this.closed++
          return Promise.resolve()
        },
      }
    },
  } as unknown as EventHubConsumerClient

  push(...events: ReceivedEventData[]): Promise<void> {
    return (this.handlers as SubscriptionEventHandlers).processEvents(events, undefined as never)
  }
}

const longTime = 60_000
const options: ChannelOptions = { partition: 0, startPosition: { offset: '-1' }, maxBatchSize: 10, reportSeconds: 1 }

describe('events pulled from a subscription', () => {
  test('the next batch is not taken from the service before it is asked for', async () => {
    const service = new PushingClient()
    const channel = new EventChannel(service.client, options)
    let released = false
    const pushed = service.push(event(1)).then(() => {
      released = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(released).toBe(false)
    expect((await channel.next(longTime)).map(({ sequenceNumber }) => sequenceNumber)).toEqual([1])
    expect(released).toBe(false)
    const waiting = channel.next(longTime)
    await pushed
    void service.push(event(2))
    expect((await waiting).map(({ sequenceNumber }) => sequenceNumber)).toEqual([2])
  })

  test("the library's own reports of silence are not answers", async () => {
    const service = new PushingClient()
    const channel = new EventChannel(service.client, options)
    const waiting = channel.next(longTime)
    await service.push()
    void service.push(event(1))
    expect(await waiting).toHaveLength(1)
    expect(await channel.next(1)).toEqual([])
  })

  test('events that came before the link failed are not lost with it', async () => {
    const service = new PushingClient()
    const channel = new EventChannel(service.client, options)
    void service.push(event(1))
    await service.handlers?.processError(new Error('link detached'), undefined as never)
    expect(await channel.next(longTime)).toHaveLength(1)
    await expect(channel.next(longTime)).rejects.toThrow('link detached')
  })

  test('an error, a signal and a close each end the waiting', async () => {
    const service = new PushingClient()
    const failing = new EventChannel(service.client, options)
    const waiting = failing.next(longTime)
    await service.handlers?.processError(new Error('link detached'), undefined as never)
    await expect(waiting).rejects.toThrow('link detached')
    await expect(failing.next(longTime)).rejects.toThrow('link detached')

    const stop = new AbortController()
    const stopped = new EventChannel(service.client, { ...options, signal: stop.signal })
    const interrupted = stopped.next(longTime)
    stop.abort(new Error('enough'))
    await expect(interrupted).rejects.toThrow('enough')

    const closing = new EventChannel(service.client, options)
    const held = service.push(event(1))
    await closing.close()
    await held
    expect(service.closed).toBe(1)
  })

  test('a library that is asking for events is not interrupted by a close', async () => {
    const service = new PushingClient()
    const channel = new EventChannel(service.client, options)
    const closing = channel.close()
    await new Promise(resolve => setImmediate(resolve))
    expect(service.closed).toBe(0)
    const held = service.push()
    await closing
    await held
    expect(service.closed).toBe(1)
  })
})
