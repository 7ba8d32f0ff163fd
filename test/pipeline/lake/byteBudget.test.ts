import { describe, expect, test } from 'vitest'

import { ByteBudget, defaultBudget, defaultSessionMemory } from '../../../shared/pipeline/lake/byteBudget.js'

/** Whether a promise is kept by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  void promise.then(() => (settled = true))
  for (let i = 0; i < 5; i++) await Promise.resolve()
  return settled
}

describe('a byte budget', () => {
  test('lets in what fits, and what does not only when there is room', async () => {
    const budget = new ByteBudget(100)
    const first = await budget.acquire(60)
    const second = await budget.acquire(40)
    const third = budget.acquire(1)
    expect(await isSettled(third)).toBe(false)
    second.release()
    expect(await isSettled(third)).toBe(true)
    expect(budget.held).toBe(61)
    first.release()
    first.release()
    expect([budget.held, budget.most]).toEqual([1, 100])
  })

  test('one that is larger than all of it goes through, alone', async () => {
    const budget = new ByteBudget(100)
    const small = await budget.acquire(1)
    const huge = budget.acquire(5_000)
    const behind = budget.acquire(1)
    expect(await isSettled(huge)).toBe(false)
    small.release()
    expect(await isSettled(huge)).toBe(true)
    expect(await isSettled(behind)).toBe(false)
    ;(await huge).release()
    expect(await isSettled(behind)).toBe(true)
  })

  test('a large one is not passed over for ever by small ones that fit', async () => {
    const budget = new ByteBudget(100)
    const held = await budget.acquire(50)
    const large = budget.acquire(100)
    const small = budget.acquire(10)
    expect(await isSettled(small)).toBe(false)
    held.release()
    ;(await large).release()
    expect(await isSettled(small)).toBe(true)
  })

  test('two that both need more than they asked for go on, and the next waits until both are done', async () => {
    const budget = new ByteBudget(100)
    const both = await Promise.all([budget.acquire(50), budget.acquire(50)])
    for (const held of both) held.grow(70)
    expect(budget.held).toBe(240)
    const next = budget.acquire(10)
    both[0].release()
    expect(await isSettled(next)).toBe(false)
    both[1].release()
    expect(await isSettled(next)).toBe(true)
  })

  test('work that fails gives back what it held', async () => {
    const budget = new ByteBudget(100)
    const failing = async () => {
      using held = await budget.acquire(100)
      held.grow(10)
      await Promise.reject(new Error('the storage is away'))
    }
    await expect(failing()).rejects.toThrow('away')
    expect(budget.held).toBe(0)
    using whole = await budget.acquire(100)
    expect(budget.held).toBe(100)
    whole.release()
    expect(budget.held).toBe(0)
  })
})

test('the default is a share of what the process may use, within bounds', () => {
  const megabyte = 2 ** 20
  expect(defaultBudget(65_536 * megabyte, 0)).toBe(512 * megabyte)
  expect(defaultBudget(65_536 * megabyte, 2_048 * megabyte)).toBe(128 * megabyte)
  expect(defaultBudget(2_048 * megabyte, 2 ** 63)).toBe(128 * megabyte)
  expect(defaultBudget(256 * megabyte, 0)).toBe(32 * megabyte)
  expect(new ByteBudget(512 * megabyte).piece(2)).toBe(64 * megabyte)
  expect([new ByteBudget(32 * megabyte).piece(4), new ByteBudget(3).piece(4)]).toEqual([8 * megabyte, 1])
})

test.each([
  ['a large machine, a large instance', 64 * 1024, 0, 16_384, 1024],
  ['a machine whose process is limited', 64 * 1024, 512, 2048, 128],
  ['a limit that is none', 4096, 2 ** 43, 2048, 512],
  ['an instance by the settings', 64 * 1024, 0, 512, 128],
  ['hardly any memory', 200, 0, 2048, 128],
])('DuckDB has a quarter of the memory of %s', (_, machine, limit, instance, wanted) => {
  const mb = 2 ** 20
  expect(defaultSessionMemory(instance * mb, machine * mb, limit * mb)).toBe(wanted * mb)
})
