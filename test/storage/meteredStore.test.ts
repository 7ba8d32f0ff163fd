import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { expect, test } from 'vitest'

import { LocalDiskStore } from '../../shared/storage/localDisk/localDisk.js'
import { MemoryStore } from '../../shared/storage/memoryStore.js'
import { MeteredStore, noUsage, usageBetween } from '../../shared/storage/meteredStore.js'
import { bytesOf, collected, describeContract } from './contract.js'

describeContract(
  'MeteredStore',
  () => {
    const store = new MeteredStore(new MemoryStore())
    return Promise.resolve({ store, again: store.within('') })
  },
  { many: 100 },
)

test('every request counts in its class, whatever came of it, and a store within counts with its parent', async () => {
  const store = new MeteredStore(new MemoryStore())
  const table = store.within('bronze').within('events')
  await table.put('a', bytesOf('12345'))
  await table.putIfAbsent('a', bytesOf('lost'))
  await table.get('a', { start: 1, end: 3 })
  await table.get('absent')
  await table.head('a')
  const writer = await table.create('b')
  await writer.write(bytesOf('123'))
  await writer.close()
  await (await table.create('c')).abort()
  await collected(table.list(''))
  await table.delete('a')
  const usage = { reads: 3, writes: 3, lists: 1, deletes: 1, bytesRead: 2, bytesWritten: 8 }
  expect(store.usage()).toEqual(usage)
  expect(table.usage()).toEqual(usage)
})

test('a long listing counts its pages', async () => {
  const memory = new MemoryStore()
  for (let i = 0; i < 5001; i++) await memory.put(`${i}`, new Uint8Array())
  const store = new MeteredStore(memory)
  await collected(store.list(''))
  expect(store.usage().lists).toBe(2)
})

test('what a run used is the difference of two readings, which later requests leave alone', async () => {
  const store = new MeteredStore(new MemoryStore())
  await store.put('a', bytesOf('1'))
  const before = store.usage()
  await store.get('a')
  const after = store.usage()
  await store.get('a')
  expect(usageBetween(before, after)).toEqual({ ...noUsage, reads: 1, bytesRead: 1 })
})

test('a folder on this disk stays one', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'metered-'))
  try {
    const store = new MeteredStore(new LocalDiskStore(root))
    expect(store.within('a').localPath?.('b')).toBe(path.join(root, 'a', 'b'))
    expect(new MeteredStore(new MemoryStore()).localPath).toBeUndefined()
  } finally {
    await rm(root, { recursive: true })
  }
})
