import { type AddressInfo, createServer, type Socket } from 'node:net'

import { describe, expect, test } from 'vitest'

import type { Clock } from '../../../shared/clock.js'
import { KafkaSource, waitingInWords } from '../../../shared/sources/kafka/kafkaSource.js'
import { Backoff, retrying, type Waiting } from '../../../shared/sources/kafka/retry.js'
import { SourceError } from '../../../shared/sources/sourceError.js'

const away = new SourceError('SOURCE_UNREACHABLE', 'Kafka at b:1 cannot be reached: ECONNREFUSED.', { retryable: true })

/** A clock of which a sleep is a step forward, taken when everybody waits. */
class StepClock implements Clock {
  #now = 0
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = []

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) reject(signal.reason as Error)
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
      this.#sleepers.push({ at: this.#now + ms, wake: resolve })
    })
  }

  async run(untilMs: number): Promise<void> {
    for (;;) {
      for (let n = 0; n < 20; n++) await Promise.resolve()
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > untilMs) break
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1)
      this.#now = Math.max(this.#now, next.at)
      next.wake()
    }
    this.#now = untilMs
    for (let n = 0; n < 20; n++) await Promise.resolve()
  }
}

describe('an operation that waits', () => {
  const told: { at: number; waiting: Waiting }[] = []
  const options = (clock: Clock) => ({
    clock,
    retryTimeoutMs: 60_000,
    onWaiting: (waiting: Waiting) => void told.push({ at: clock.monotonic(), waiting }),
  })

  test('says so after two seconds of refusals, then now and then, and ends with the last of them', async () => {
    told.length = 0
    const clock = new StepClock()
    const outcome = retrying(options(clock), 'asking', () => Promise.reject(away)).catch((error: unknown) => error)
    await clock.run(1_900)
    expect(told).toEqual([])
    await clock.run(70_000)
    expect(await outcome).toBe(away)
    expect(told.length).toBeGreaterThan(2)
    expect(told.length).toBeLessThan(7)
    expect(told[0]?.at).toBeLessThan(4_500)
    expect(told[0]?.waiting).toMatchObject({ doing: 'asking', error: away, retryTimeoutMs: 60_000 })
  })

  test('says so while its first attempt has no answer at all, and no more once it has', async () => {
    told.length = 0
    const clock = new StepClock()
    let answer: (value: string) => void = () => undefined
    const outcome = retrying(options(clock), 'asking', () => new Promise<string>(resolve => (answer = resolve)))
    await clock.run(2_000)
    expect(told).toMatchObject([{ at: 2_000, waiting: { error: undefined, waitedMs: 2_000 } }])
    answer('here')
    expect(await outcome).toBe('here')
    await clock.run(100_000)
    expect(told).toHaveLength(1)
  })

  test('is silent when it is answered in time, and begins to count again after a success', async () => {
    told.length = 0
    const clock = new StepClock()
    const backoff = new Backoff(options(clock), 'reading')
    for (let n = 0; n < 10; n++) {
      await clock.run(clock.monotonic() + 1_500)
      backoff.reset()
      await backoff.during(Promise.resolve())
    }
    expect(told).toEqual([])
  })
})

test('the sentence names the broker, what is tried, and how long', () => {
  const waiting = { doing: 'asking for the offsets of events', waitedMs: 2_000, retryTimeoutMs: 60_000 }
  expect(waitingInWords({ ...waiting, error: undefined }, 'b:1,c:2')).toBe(
    'Kafka at b:1,c:2 does not answer. Still asking for the offsets of events, for up to 58 s more.',
  )
  expect(waitingInWords({ ...waiting, error: away }, 'b:1')).toBe(
    `${away.message} Still asking for the offsets of events, for up to 58 s more.`,
  )
})

describe('a broker that is not there', () => {
  const port = (listener: (socket: Socket) => void) =>
    new Promise<{ port: number; close: () => void }>(resolve => {
      const sockets = new Set<Socket>()
      const server = createServer(socket => {
        sockets.add(socket)
        listener(socket)
      })
      server.listen(0, '127.0.0.1', () => {
        resolve({
          port: (server.address() as AddressInfo).port,
          close: () => {
            server.close()
            for (const socket of sockets) socket.destroy()
          },
        })
      })
    })

  test('one that accepts and is silent is named long before the request times out', async () => {
    const silent = await port(() => undefined)
    const told: string[] = []
    const source = new KafkaSource({
      connection: { brokers: [`127.0.0.1:${silent.port}`] },
      onWaiting: sentence => told.push(sentence),
      retryTimeoutMs: 1,
    })
    const asked = source.survey('events').catch((error: unknown) => error)
    await expect
      .poll(() => told, { timeout: 120_000 })
      .toMatchObject([expect.stringContaining(`127.0.0.1:${silent.port}`) as string])
    silent.close()
    expect(await asked).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    await source.close()
  })
})
