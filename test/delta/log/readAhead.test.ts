import { describe, expect, test } from 'vitest'

import { readAhead } from '../../../shared/delta/log/readAhead.js'

const soon = (ms: number) => new Promise<void>(done => setTimeout(done, ms))

describe('reading ahead', () => {
  test('gives everything once and in order, whatever comes back first', async () => {
    const items = Array.from({ length: 30 }, (_, i) => i)
    const found: (readonly [number, number])[] = []
    for await (const one of readAhead(items, async i => (await soon((i * 7) % 5), i * 10))) found.push(one)
    expect(found).toEqual(items.map(i => [i, i * 10]))
  })

  test('holds eight reads at most, one of them being looked at', async () => {
    let started = 0
    for await (const [i] of readAhead(
      Array.from({ length: 30 }, (_, n) => n),
      n => Promise.resolve((started++, n)),
    ))
      expect(started).toBe(Math.min(30, i + 8))
  })

  test('a read that fails is reported in its turn, and not at all to one who stops before it', async () => {
    const read = (i: number) => (i === 2 ? Promise.reject(new Error('no 2')) : Promise.resolve(i))
    const seen: number[] = []
    const all = async () => {
      for await (const [i] of readAhead([0, 1, 2, 3], read)) seen.push(i)
    }
    await expect(all()).rejects.toThrow('no 2')
    expect(seen).toEqual([0, 1])
    for await (const [i] of readAhead([0, 1, 2, 3], read)) if (i === 1) break
  })

  test('one who stops is left when no read is under way any more', async () => {
    let under = 0
    for await (const [i] of readAhead([0, 1, 2, 3], async n => {
      under++
      await soon(n)
      under--
      return n
    }))
      if (i === 0) break
    expect(under).toBe(0)
  })
})
