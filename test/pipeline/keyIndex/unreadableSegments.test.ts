import { expect, test } from 'vitest'

import { keyIndexFolder } from '../../../shared/pipeline/keyIndex/segmentName.js'
import { MemoryStore, StorageError } from '../../../shared/storage/index.js'
import { answer, dataFile, openIndex } from './keyIndexFixture.js'

/** Segments can be written, and from one on they cannot be read: no place for them on this disk, or no permission. */
class WriteOnlySegments extends MemoryStore {
  readonly #readable: number
  readonly #segments: string[] = []

  constructor(readable = 0) {
    super()
    this.#readable = readable
  }

  override create(path: string): ReturnType<MemoryStore['create']> {
    if (path.startsWith(keyIndexFolder)) this.#segments.push(path)
    if (this.#segments.length > 50) throw new StorageError('STORAGE_FAILED', 'written without end')
    return super.create(path)
  }

  override get(...[path, range]: Parameters<MemoryStore['get']>): ReturnType<MemoryStore['get']> {
    if (this.#segments.indexOf(path) >= this.#readable)
      throw new StorageError('STORAGE_FAILED', 'there is no place for it')
    return super.get(path, range)
  }

  async segments(): Promise<readonly string[]> {
    const there: string[] = []
    for await (const { path } of this.list(`${keyIndexFolder}/`)) there.push(path)
    return there
  }
}

test('maintenance whose segments cannot be read ends, and does not write them again and again', async () => {
  const store = new WriteOnlySegments()
  await using f = openIndex(store)
  const files = [
    await dataFile(store, 'a.parquet', [['key-1', 'key-2']], '2025-04-01'),
    await dataFile(store, 'b.parquet', [['key-3']], '2025-04-02'),
    await dataFile(store, 'c.parquet', [['key-4']], '2025-04-03'),
  ]
  await f.index.maintain(files, '2025-04-01')
  expect((await store.segments()).length).toBeLessThan(3)
  expect((await answer(f.index, files, ['key-3'])).unknown).toEqual(['a.parquet', 'b.parquet', 'c.parquet'])
  expect(await store.segments()).toEqual([])
})

test('segments that became one which cannot be read are kept', async () => {
  const store = new WriteOnlySegments(8)
  await using f = openIndex(store)
  const files = []
  for (let n = 0; n < 8; n++) {
    files.push(await dataFile(store, `${n}.parquet`, [[`key-${n}`]]))
    await answer(f.index, files, [])
  }
  expect(await store.segments()).toHaveLength(8)
  expect(await answer(f.index, files, ['key-3'])).toEqual({ located: ['3.parquet:0'], unknown: [] })
})
