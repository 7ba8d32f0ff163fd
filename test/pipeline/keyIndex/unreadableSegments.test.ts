import { expect, test } from 'vitest'

import { keyIndexFolder } from '../../../shared/pipeline/keyIndex/segmentName.js'
import { MemoryStore, StorageError } from '../../../shared/storage/index.js'
import { answer, dataFile, openIndex } from './keyIndexFixture.js'

/** Segments can be written and not be read: no place for them on this disk, or no permission. */
class WriteOnlySegments extends MemoryStore {
  override get(...[path, range]: Parameters<MemoryStore['get']>): ReturnType<MemoryStore['get']> {
    if (path.startsWith(keyIndexFolder)) throw new StorageError('STORAGE_FAILED', 'there is no place for it')
    return super.get(path, range)
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
  const segments: string[] = []
  for await (const { path } of store.list(`${keyIndexFolder}/`)) segments.push(path)
  expect(segments.length).toBeLessThan(3)
  expect((await answer(f.index, files, ['key-3'])).unknown).toEqual(['a.parquet', 'b.parquet', 'c.parquet'])
})
