import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { Faults } from '../../../shared/storage/faults/faults.js'
import { FaultyStore } from '../../../shared/storage/faults/faultyStore.js'
import { MemoryStore } from '../../../shared/storage/memoryStore.js'
import { Random } from '../../random.js'
import { bytesOf, collected, describeContract, textOf } from '../contract.js'

describeContract(
  'FaultyStore without faults',
  () => {
    const store = new FaultyStore(new MemoryStore(), new Faults())
    return Promise.resolve({ store, again: store.within('') })
  },
  { many: 100 },
)

function begun() {
  const clock = new ManualClock()
  const faults = new Faults()
  const memory = new MemoryStore(clock)
  return { clock, faults, memory, store: new FaultyStore(memory, faults, clock) }
}

describe('a planned fault', () => {
  test('fail: nothing happened, and the error says so', async () => {
    const { faults, memory, store } = begun()
    faults.add({ on: ['put', 'putIfAbsent'], fault: { kind: 'fail', code: 'STORAGE_THROTTLED' }, times: 2 })
    await expect(store.put('x', bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_THROTTLED',
      retryable: true,
      ambiguous: false,
    })
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({ ambiguous: false })
    expect(await memory.head('x')).toBeUndefined()
    expect(await store.putIfAbsent('x', bytesOf('x'))).toBe('created')
    expect(faults.struck).toBe(2)
  })

  test('loseAnswer: it happened, and nobody can know', async () => {
    const { faults, memory, store } = begun()
    faults.add({ on: 'putIfAbsent', fault: { kind: 'loseAnswer' } })
    await expect(store.putIfAbsent('x', bytesOf('mine'))).rejects.toMatchObject({ ambiguous: true, retryable: true })
    expect(textOf(await memory.get('x'))).toBe('mine')
    expect(await store.putIfAbsent('x', bytesOf('mine'))).toBe('exists')
  })

  test('meetOwnWrite: our own first try is answered as if it were a competitor', async () => {
    const { faults, store } = begun()
    faults.add({ on: 'putIfAbsent', fault: { kind: 'meetOwnWrite' } })
    expect(await store.putIfAbsent('x', bytesOf('mine'))).toBe('exists')
    expect(textOf(await store.get('x'))).toBe('mine')
  })

  test('interleave: a competitor gets in first', async () => {
    const { faults, memory, store } = begun()
    faults.add({
      on: 'putIfAbsent',
      fault: {
        kind: 'interleave',
        first: async () => {
          await memory.put('x', bytesOf('theirs'))
        },
      },
    })
    expect(await store.putIfAbsent('x', bytesOf('mine'))).toBe('exists')
    expect(textOf(await store.get('x'))).toBe('theirs')
  })

  test('delay: it happens later, by the clock', async () => {
    const { clock, faults, store } = begun()
    faults.add({ on: 'put', fault: { kind: 'delay', ms: 7000 } })
    const before = clock.now()
    await store.put('x', bytesOf('x'))
    expect((await store.head('x'))?.modifiedAt).toBe(before + 7000)
  })

  test('strikes the paths, and the calls, that it names, also through within', async () => {
    const { faults, store } = begun()
    faults.add({ on: 'put', path: path => path === 'log/2.json', after: 1, fault: { kind: 'fail' } })
    const log = store.within('log')
    await log.put('1.json', bytesOf('x'))
    await log.put('2.json', bytesOf('x'))
    await expect(log.put('2.json', bytesOf('x'))).rejects.toMatchObject({ data: { path: 'log/2.json' } })
    await log.put('2.json', bytesOf('x'))
  })

  test('strikes an upload in each of its steps, and a listing', async () => {
    const { faults, memory, store } = begun()
    faults.add({ on: 'list', fault: { kind: 'fail' } }).add({ on: 'create', fault: { kind: 'fail' } })
    await expect(collected(store.list(''))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    await expect(store.create('x')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' })
    faults.add({ on: 'write', fault: { kind: 'fail' } }).add({ on: 'close', fault: { kind: 'loseAnswer' } })
    const writer = await store.create('x')
    await expect(writer.write(bytesOf('a'))).rejects.toMatchObject({ ambiguous: false })
    await writer.write(bytesOf('b'))
    await expect(writer.close()).rejects.toMatchObject({ ambiguous: true })
    expect(textOf(await memory.get('x'))).toBe('b')
  })

  test('with a chance strikes the same calls for the same seed', () => {
    const strikes = () => {
      const random = new Random()
      const faults = new Faults(() => random.next()).add({
        on: 'get',
        fault: { kind: 'fail' },
        chance: 0.3,
        times: Infinity,
      })
      return Array.from({ length: 200 }, () => faults.take('get', 'x') !== undefined)
    }
    expect(strikes()).toEqual(strikes())
    expect(strikes().filter(Boolean).length).toBeGreaterThan(20)
  })
})
