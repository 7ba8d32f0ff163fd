import { describe, expect, test } from 'vitest'

import { ManualClock, systemClock } from '../../../shared/clock.js'
import { RunningDeliveries } from '../../../shared/pipeline/lake/runningDeliveries.js'

/** A clock whose sleeps end when the test says so. */
class HeldClock extends ManualClock {
  readonly asked: number[] = []
  readonly #held: (() => void)[] = []

  override sleep(ms: number): Promise<void> {
    this.asked.push(ms)
    return new Promise(resolve => this.#held.push(resolve))
  }

  wake(): void {
    for (const resolve of this.#held.splice(0)) resolve()
  }
}

const isSettled = async (promise: Promise<unknown>) => {
  let settled = false
  void promise.then(() => (settled = true))
  await systemClock.sleep(1)
  return settled
}

describe('long work', () => {
  test('is not held up where no delivery is under way', async () => {
    const clock = new HeldClock()
    const between = new RunningDeliveries().lettingPass(clock)
    clock.advance(1_000)
    await between()
    expect(clock.asked).toEqual([])
  })

  test('waits until every delivery is done, failed ones too', async () => {
    const clock = new HeldClock()
    const deliveries = new RunningDeliveries()
    const between = deliveries.lettingPass(clock)
    clock.advance(1_000)
    const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    const runs = [deliveries.run(() => first.promise), deliveries.run(() => second.promise)]
    const waiting = between()
    first.resolve(undefined)
    expect(await isSettled(waiting)).toBe(false)
    second.reject(new Error('no'))
    await waiting
    expect((await Promise.allSettled(runs)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await between()
    expect(clock.asked).toEqual([1_000])
  })

  test('takes at most twice as long where deliveries have no end', async () => {
    const clock = new HeldClock()
    const deliveries = new RunningDeliveries()
    const between = deliveries.lettingPass(clock)
    void deliveries.run(() => new Promise<never>(() => undefined))
    const began = clock.monotonic()
    let own = 0
    for (let step = 0; step < 50; step++) {
      clock.advance(20)
      own += 20
      const waiting = between()
      clock.advance(clock.asked.at(-1) ?? 0)
      clock.wake()
      await waiting
      expect(clock.monotonic() - began).toBeLessThanOrEqual(2 * own)
    }
    expect(clock.asked).toHaveLength(50)
  })

  test('waits for a delivery that comes after others', async () => {
    const clock = new HeldClock()
    const deliveries = new RunningDeliveries()
    const between = deliveries.lettingPass(clock)
    clock.advance(1_000)
    await deliveries.run(() => Promise.resolve())
    const later = Promise.withResolvers<undefined>()
    const run = deliveries.run(() => later.promise)
    const waiting = between()
    expect(await isSettled(waiting)).toBe(false)
    later.resolve(undefined)
    await Promise.all([run, waiting])
  })
})
