import { describe, expect, test } from 'vitest'

import { KafkaListener, type ListenerParts, retryDelay } from '../../../infra/local/host/kafkaListener.js'
import { ManualClock } from '../../../shared/clock.js'
import { silentLogger } from '../../../shared/telemetry/index.js'

interface Rec {
  readonly partition: number
  readonly offset: bigint
}

const records = (partition: number, from: number, count: number): Rec[] =>
  Array.from({ length: count }, (_, i) => ({ partition, offset: BigInt(from + i) }))

const span = (batch: readonly Rec[]) => batch.map(r => `${r.partition}:${r.offset}`)

/** Runs a listener whose function answers as told; `calls` is every invocation, `stored` every commit. */
function listening(
  answer: (call: number, batch: readonly Rec[]) => Error | undefined | Promise<Error | undefined>,
  change: Partial<ListenerParts<Rec>> = {},
) {
  const clock = new ManualClock()
  const calls: string[][] = []
  const retryCounts: number[] = []
  const stored: Record<number, bigint>[] = []
  const errors: string[] = []
  const listener = new KafkaListener<Rec>({
    execute: async (batch, retryCount) => {
      calls.push(span(batch))
      retryCounts.push(retryCount)
      return answer(calls.length, batch)
    },
    store: next => {
      stored.push(Object.fromEntries(next))
      return Promise.resolve()
    },
    retry: undefined,
    settings,
    sizeOf: () => 1,
    clock,
    log: { ...silentLogger, error: message => void errors.push(message) },
    ...change,
  })
  return { listener, calls, retryCounts, stored, errors, clock }
}

/** A clock on which nobody's time is over before `wake`. */
class HeldClock extends ManualClock {
  #sleepers: (() => void)[] = []

  get sleepers(): number {
    return this.#sleepers.length
  }

  override sleep(_: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.push(resolve)
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
    })
  }

  wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake()
  }
}

/** Lets everything that is ready run, until `done` holds. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 10_000 && !done(); i++) await new Promise(resolve => setImmediate(resolve))
  expect(done()).toBe(true)
}

const failure = new Error('storage is away')
const settings = {
  maxBatchSize: 3,
  subscriberIntervalInSeconds: 1,
  commitOnFailure: false,
  maxRetries: -1,
  queuedMaxMessagesKbytes: 1024,
}

describe('batches', () => {
  test('one list across partitions, cut where it is full, in poll order', async () => {
    const { listener, calls, stored } = listening(() => undefined)
    void listener.offer([...records(0, 10, 2), ...records(1, 5, 3), ...records(0, 12, 1)])
    await until(() => stored.length === 2)
    expect(calls).toEqual([
      ['0:10', '0:11', '1:5'],
      ['1:6', '1:7', '0:12'],
    ])
    await listener.stop()
  })

  test('large records are handed over before the list is full, and no more are polled meanwhile', async () => {
    const large = { settings: { ...settings, maxBatchSize: 1000, queuedMaxMessagesKbytes: 10 }, sizeOf: () => 6_000 }
    let goOn: () => void = () => undefined
    const { listener, calls, stored } = listening(
      () =>
        new Promise(
          resolve =>
            (goOn = () => {
              resolve(undefined)
            }),
        ),
      large,
    )
    await listener.offer(records(0, 0, 1))
    let taken = 0
    const more = [1, 2, 3, 4].map(n => [{ partition: 0, offset: BigInt(n) }])
    const polling = (async () => {
      for (const one of more) {
        await listener.offer(one)
        taken++
      }
    })()
    await until(() => calls.length === 1)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(calls).toEqual([['0:0', '0:1']])
    expect(taken).toBe(2)
    goOn()
    await until(() => calls.length === 2)
    expect(calls[1]).toEqual(['0:2', '0:3'])
    goOn()
    await polling
    await until(() => stored.length === 2)
    const stopped = listener.stop()
    goOn()
    await stopped
  })

  test('one record that is larger than the queue goes by itself', async () => {
    const { listener, calls, stored } = listening(() => undefined, {
      settings: { ...settings, queuedMaxMessagesKbytes: 1 },
      sizeOf: () => 50_000_000,
    })
    for (const record of records(0, 0, 3)) await listener.offer([record])
    await until(() => stored.length === 3)
    expect(calls).toEqual([['0:0'], ['0:1'], ['0:2']])
    await listener.stop()
  })

  test('a list that is not full is handed over when the interval is over', async () => {
    const { listener, calls, clock } = listening(() => undefined)
    const start = clock.now()
    await listener.offer(records(0, 0, 1))
    await until(() => calls.length === 1)
    expect(clock.now() - start).toBe(1000)
    await listener.stop()
  })

  test('one invocation at a time', async () => {
    let running = 0
    let most = 0
    const { listener, stored } = listening(async () => {
      most = Math.max(most, ++running)
      await new Promise(resolve => setImmediate(resolve))
      running--
      return undefined
    })
    void listener.offer(records(0, 0, 12))
    await until(() => stored.length === 4)
    expect(most).toBe(1)
    await listener.stop()
  })

  test('polling waits while a batch runs and another is ready', async () => {
    let finish: (() => void) | undefined
    const { listener, calls } = listening(
      () =>
        new Promise(resolve => {
          finish = () => {
            resolve(undefined)
          }
        }),
    )
    let room = false
    void listener.offer(records(0, 0, 9)).then(() => {
      room = true
    })
    await until(() => calls.length === 1)
    expect(room).toBe(false)
    finish?.()
    await until(() => calls.length === 2)
    expect(room).toBe(true)
    const stopped = listener.stop()
    finish?.()
    await stopped
  })
})

describe('offsets', () => {
  test('are stored only after success, one past the last record of each partition', async () => {
    const { listener, stored, calls } = listening(call => (call < 3 ? failure : undefined))
    await listener.offer([...records(0, 10, 2), ...records(1, 5, 1)])
    await until(() => stored.length === 1)
    expect(calls).toHaveLength(3)
    expect(stored).toEqual([{ 0: 12n, 1: 6n }])
    await listener.stop()
  })

  test('the same batch is run again while it fails; what came after it waits', async () => {
    const { listener, stored, calls } = listening(call => (call < 4 ? failure : undefined))
    void listener.offer(records(0, 0, 6))
    await until(() => stored.length === 2)
    expect(calls.slice(0, 4)).toEqual(Array(4).fill(['0:0', '0:1', '0:2']))
    expect(calls[4]).toEqual(['0:3', '0:4', '0:5'])
    await listener.stop()
  })

  test('commitOnFailure passes a failed batch over: the default that loses data', async () => {
    const { listener, stored, calls, errors } = listening(() => failure, {
      settings: { ...settings, commitOnFailure: true },
    })
    await listener.offer(records(0, 0, 3))
    await until(() => stored.length === 1)
    expect(calls).toHaveLength(1)
    expect(stored).toEqual([{ 0: 3n }])
    expect(errors).toEqual([expect.stringContaining('3 records are passed over')])
    await listener.stop()
  })

  test('retries inside rounds: (maxRetryCount + 1) × (maxRetries + 1) invocations, then the batch is passed over', async () => {
    const { listener, stored, retryCounts, errors } = listening(() => failure, {
      settings: { ...settings, maxRetries: 2 },
      retry: { maxRetryCount: 1, retryStrategy: 'exponentialBackoff', minimumInterval: { seconds: 2 } },
    })
    await listener.offer(records(0, 0, 3))
    await until(() => stored.length === 1)
    expect(retryCounts).toEqual([0, 1, 0, 1, 0, 1])
    expect(errors).toHaveLength(1)
    await listener.stop()
  })

  test('a retry policy without an end never reaches the next round, and stores nothing', async () => {
    const { listener, stored, retryCounts } = listening(call => (call < 50 ? failure : undefined), {
      settings: { ...settings, maxRetries: 0 },
      retry: {
        maxRetryCount: -1,
        retryStrategy: 'exponentialBackoff',
        minimumInterval: { seconds: 2 },
        maximumInterval: { seconds: 60 },
      },
    })
    await listener.offer(records(0, 0, 3))
    await until(() => stored.length === 1)
    expect(retryCounts).toEqual(Array.from({ length: 50 }, (_, i) => i))
    await listener.stop()
  })

  test('a commit that fails is logged and the next batch runs', async () => {
    const { listener, calls, errors } = listening(() => undefined, {
      store: () => Promise.reject(new Error('rebalancing')),
      clock: new HeldClock(),
    })
    void listener.offer(records(0, 0, 6))
    await until(() => calls.length === 2)
    await listener.stop()
    expect(errors).toEqual(['Commit error', 'Commit error', 'Commit error'])
  })

  /** Commits of which those of the given calls fail; `asked` is what each was to commit. */
  function failing(...calls: readonly number[]) {
    const asked: Record<number, bigint>[] = []
    const store = (next: ReadonlyMap<number, bigint>) => {
      asked.push(Object.fromEntries(next))
      return calls.includes(asked.length) ? Promise.reject(new Error('request timed out')) : Promise.resolve()
    }
    return { asked, store }
  }

  test('what a failed commit left is committed with the next batch, also of other partitions', async () => {
    const { asked, store } = failing(1)
    const { listener } = listening(() => undefined, { store, clock: new HeldClock() })
    void listener.offer([...records(0, 0, 3), ...records(1, 7, 3), ...records(2, 20, 3)])
    await until(() => asked.length === 3)
    await listener.stop()
    expect(asked).toEqual([{ 0: 3n }, { 0: 3n, 1: 10n }, { 2: 23n }])
  })

  test('what a failed commit left is committed while nothing more comes, again and again until it is', async () => {
    const { asked, store } = failing(1, 2)
    const clock = new HeldClock()
    const { listener } = listening(() => undefined, { store, clock })
    void listener.offer(records(0, 0, 3))
    for (let commits = 1; commits < 3; commits++) {
      await until(() => asked.length === commits && clock.sleepers > 0)
      clock.wake()
    }
    await until(() => asked.length === 3)
    await listener.stop()
    expect(asked).toEqual([{ 0: 3n }, { 0: 3n }, { 0: 3n }])
  })

  test('what the last failed commit left is committed at the stop: nothing comes twice after a clean one', async () => {
    const { asked, store } = failing(1)
    const { listener } = listening(() => undefined, { store, clock: new HeldClock() })
    void listener.offer(records(0, 0, 3))
    await until(() => asked.length === 1)
    await listener.stop()
    expect(asked).toEqual([{ 0: 3n }, { 0: 3n }])
  })

  test('what a failed commit left is forgotten with the assignment: its partition may have gone on elsewhere', async () => {
    const { asked, store } = failing(1)
    const { listener } = listening(() => undefined, { store, clock: new HeldClock() })
    void listener.offer(records(0, 0, 3))
    await until(() => asked.length === 1)
    listener.reassigned()
    void listener.offer(records(1, 7, 3))
    await until(() => asked.length === 2)
    await listener.stop()
    expect(asked).toEqual([{ 0: 3n }, { 1: 10n }])
  })
})

describe('a rebalance', () => {
  test('drops what was polled and not executed, and the running batch stores nothing', async () => {
    let finish: (() => void) | undefined
    const { listener, calls, stored } = listening(
      () =>
        new Promise(resolve => {
          finish = () => {
            resolve(undefined)
          }
        }),
    )
    void listener.offer(records(0, 0, 6))
    await until(() => calls.length === 1)
    listener.reassigned()
    finish?.()
    void listener.offer(records(1, 40, 3))
    await until(() => calls.length === 2)
    finish?.()
    await until(() => stored.length === 1)
    expect(calls[1]).toEqual(['1:40', '1:41', '1:42'])
    expect(stored).toEqual([{ 1: 43n }])
    await listener.stop()
  })
})

describe('stopping', () => {
  test('lets the running invocation finish and stores its offsets', async () => {
    let finish: (() => void) | undefined
    const { listener, calls, stored } = listening(
      () =>
        new Promise(resolve => {
          finish = () => {
            resolve(undefined)
          }
        }),
    )
    void listener.offer(records(0, 0, 6))
    await until(() => calls.length === 1)
    const stopped = listener.stop()
    finish?.()
    await stopped
    expect(stored).toEqual([{ 0: 3n }])
    expect(calls).toHaveLength(1)
  })

  test('a batch that keeps failing is given back, not passed over', async () => {
    const { listener, calls, stored } = listening(() => failure)
    void listener.offer(records(0, 0, 3))
    await until(() => calls.length > 5)
    await listener.stop()
    expect(stored).toEqual([])
  })
})

describe('retryDelay', () => {
  test('doubles up to the maximum', () => {
    const retry = {
      retryStrategy: 'exponentialBackoff',
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 60 },
    }
    expect([1, 2, 3, 5, 6, 1000].map(n => retryDelay(retry, n))).toEqual([2000, 4000, 8000, 32_000, 60_000, 60_000])
  })

  test('fixed stays', () => {
    expect(retryDelay({ retryStrategy: 'fixedDelay', delayInterval: { seconds: 5 } }, 9)).toBe(5000)
  })
})
