import { describe, expect, test } from 'vitest'

import { commitPath, DeltaTable } from '../../../shared/delta/index.js'
import { snapshotUpTo } from '../../../shared/pipeline/incremental/snapshotOf.js'
import { MemoryStore } from '../../../shared/storage/index.js'

const protocol = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } }
const schemaString = '{"type":"struct","fields":[]}'
const metaData = { id: 'table', format: { provider: 'parquet', options: {} }, partitionColumns: [], configuration: {} }
const add = (path: string, dataChange = true) => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange },
})
const remove = (path: string) => ({ remove: { path, deletionTimestamp: 1, dataChange: false } })

/** A table of these commits, the first of which creates it. */
async function tableOf(commits: readonly (readonly object[])[]): Promise<DeltaTable> {
  const store = new MemoryStore()
  for (const [version, actions] of commits.entries()) {
    const all = version === 0 ? [protocol, { metaData: { ...metaData, schemaString } }, ...actions] : actions
    await store.put(commitPath(version), Buffer.from(all.map(action => JSON.stringify(action)).join('\n')))
  }
  return new DeltaTable(store)
}

const filesUpTo = async (table: DeltaTable, version: number, files: number) =>
  (await snapshotUpTo(table, { version, files })).files.map(({ path }) => path).toSorted()

describe('the rows up to a cursor', () => {
  test('are those of its version, and not of files behind it', async () => {
    const table = await tableOf([[], [add('a'), add('b')], [add('c')], [add('d')]])
    expect(await filesUpTo(table, 2, 0)).toEqual(['a', 'b', 'c'])
  })

  test('are, of a version that is read in part, those of its first files', async () => {
    const table = await tableOf([[], [add('a')], [add('b'), add('c'), add('d')], [add('e')]])
    expect(await filesUpTo(table, 1, 1)).toEqual(['a', 'b'])
    expect(await filesUpTo(table, 1, 2)).toEqual(['a', 'b', 'c'])
  })

  test('are, of a table that was made with rows and is read in part, none but those', async () => {
    const table = await tableOf([[add('a'), add('b'), add('c')], [add('d')]])
    expect(await filesUpTo(table, -1, 2)).toEqual(['a', 'b'])
  })

  test('are in the files of before where these were compacted with others since', async () => {
    const table = await tableOf([[], [add('a')], [add('b')], [remove('a'), remove('b'), add('ab', false)]])
    expect(await filesUpTo(table, 1, 0)).toEqual(['a'])
  })
})
