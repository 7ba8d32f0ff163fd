import { expect, test } from 'vitest'

import { ManualClock } from '../../shared/clock.js'
import { MemoryStore } from '../../shared/storage/memoryStore.js'
import { bytesOf, describeContract } from './contract.js'

describeContract(
  'MemoryStore',
  () => {
    const store = new MemoryStore()
    return Promise.resolve({ store, again: store.within('') })
  },
  { many: 6000 },
)

test("modifiedAt is the clock's time of the last write, for each way to write", async () => {
  const clock = new ManualClock(1000)
  const store = new MemoryStore(clock)
  await store.put('a', bytesOf('1'))
  clock.advance(5)
  await store.putIfAbsent('b', bytesOf('1'))
  const writer = await store.create('c')
  clock.advance(5)
  await writer.close()
  const times = await Promise.all(['a', 'b', 'c'].map(async path => (await store.head(path))?.modifiedAt))
  expect(times).toEqual([1000, 1005, 1010])
})
