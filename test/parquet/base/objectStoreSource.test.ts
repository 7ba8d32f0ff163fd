import { describe, expect, test } from 'vitest'

import { objectStoreSource } from '../../../shared/parquet/base/objectStoreSource.js'
import { openParquet } from '../../../shared/parquet/read/reader.js'
import { encodeParquet } from '../../../shared/parquet/write/writer.js'
import { type ByteRange, MemoryStore } from '../../../shared/storage/index.js'
import type { Column } from '../../../shared/types/index.js'

class CountingStore extends MemoryStore {
  readonly reads: string[] = []

  override get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    this.reads.push(`${range?.start ?? 0}-${range?.end ?? ''}`)
    return super.get(path, range)
  }
}

function columns(rows: number): Column[] {
  const noise = (seed: number) => Float64Array.from({ length: rows }, (_, i) => Math.sin(i * seed) * 1e9)
  return ['a', 'b', 'c', 'd'].map((name, i) => ({
    field: { name, type: 'double', nullable: true },
    data: noise(i + 1),
  }))
}

describe('a file in a store', () => {
  test('a small file takes one request for footer and data together', async () => {
    const store = new CountingStore()
    const bytes = encodeParquet(columns(100))
    await store.put('t/part-0.parquet', bytes)
    const file = await openParquet(objectStoreSource(store, 't/part-0.parquet', bytes.length))
    expect((await file.readColumns()).map(({ data }) => data)).toEqual(columns(100).map(({ data }) => data))
    expect(store.reads.length).toBe(1)
  })

  test('neighbouring columns of a large file come in one request, a far one in another', async () => {
    const store = new CountingStore()
    const bytes = encodeParquet(columns(100_000))
    await store.put('p', bytes)
    const file = await openParquet(objectStoreSource(store, 'p', bytes.length))
    expect(store.reads.length).toBe(1)
    await file.readColumns({ columns: ['a', 'b'] })
    expect(store.reads.length).toBe(2)
    const [a, d] = await file.readColumns({ columns: ['a', 'd'] })
    expect(store.reads.length).toBe(4)
    expect([a?.data, d?.data]).toEqual([columns(100_000)[0]?.data, columns(100_000)[3]?.data])
  })

  test('an object that is gone is missing, not damaged', async () => {
    const opening = openParquet(objectStoreSource(new MemoryStore(), 'gone.parquet', 1000))
    await expect(opening).rejects.toMatchObject({ code: 'PARQUET_MISSING', data: { file: 'gone.parquet' } })
  })

  test('an object shorter than the log says is reported', async () => {
    const store = new MemoryStore()
    await store.put('short.parquet', encodeParquet(columns(10)))
    await expect(openParquet(objectStoreSource(store, 'short.parquet', 100_000))).rejects.toMatchObject({
      code: 'PARQUET_CORRUPT',
    })
  })
})
