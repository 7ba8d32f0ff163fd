import { randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'

import {
  type Action,
  type AddFile,
  commitPath,
  createTable,
  DeltaTable,
  encodeCommit,
  readsNothing,
  writeDataFile,
} from '../../shared/delta/index.js'
import { openStore } from '../../shared/storage/index.js'
import type { Column, StructField, StructType } from '../../shared/types/index.js'
import { wideColumns, wideSchema } from './wideRows.js'

const id: StructField = { name: 'id', type: 'long', nullable: true, metadata: {} }
const name: StructField = { name: 'name', type: 'string', nullable: true, metadata: {} }
const value: StructField = { name: 'value', type: 'double', nullable: true, metadata: {} }
const schema: StructType = { type: 'struct', fields: [id, name, value] }

export async function openFolder(folder: string): Promise<DeltaTable> {
  return new DeltaTable(await openStore(pathToFileURL(folder).href))
}

/** An empty table. */
export async function created(folder: string, of = schema): Promise<DeltaTable> {
  const table = await openFolder(folder)
  await table.commit(createTable({ schema: of, createdTime: 1 }))
  return table
}

/**
 * A table's log without its data files: `commits` of `files` each, with statistics as a table of sorted keys has them.
 *
 * @param removed how many of a commit's files the next one removes again
 */
export async function writeLog(
  folder: string,
  { commits, files, removed = 0 }: { commits: number; files: number; removed?: number },
): Promise<void> {
  const { store } = await created(folder)
  let last: AddFile[] = []
  for (let version = 1; version <= commits; version++) {
    const adds = Array.from({ length: files }, (_, i): AddFile => {
      const key = (version * files + i) * 1_000
      return {
        path: `part-${String(i).padStart(5, '0')}-${randomUUID()}-c000.snappy.parquet`,
        partitionValues: {},
        size: 100_000 + i,
        modificationTime: 1_700_000_000_000 + version,
        dataChange: true,
        stats: `{"numRecords":1000,"minValues":{"id":${key},"name":"name-${key}","value":0.5},"maxValues":{"id":${key + 999},"name":"name-${key + 999}","value":99.5},"nullCount":{"id":0,"name":0,"value":3}}`,
      }
    })
    const removes = last.slice(0, removed).map(({ path, size }): Action => ({
      remove: {
        path,
        dataChange: true,
        deletionTimestamp: Date.now(),
        extendedFileMetadata: true,
        partitionValues: {},
        size,
      },
    }))
    const actions: Action[] = [
      {
        commitInfo: {
          timestamp: version,
          operation: 'WRITE',
          operationParameters: { mode: 'Append' },
          txnId: randomUUID(),
        },
      },
      ...adds.map(add => ({ add })),
      ...removes,
    ]
    await store.putIfAbsent(commitPath(version), new TextEncoder().encode(encodeCommit(actions)))
    last = adds
  }
}

/** A table of `files` files of `rows` rows of three columns, keys ascending over all of them. */
export async function writeRows(folder: string, sizes: { readonly files: number; readonly rows: number }) {
  await writeFiles(folder, schema, sizes, (first, rows) => {
    const keys = BigInt64Array.from({ length: rows }, (_, i) => BigInt(first + i))
    return [
      { field: id, data: keys },
      { field: name, data: Array.from(keys, key => `name of ${key * 7919n}`) },
      { field: value, data: Float64Array.from(keys, key => Math.sqrt(Number(key))) },
    ]
  })
}

/** The same with the ten columns of {@link wideColumns}. */
export async function writeWideRows(folder: string, sizes: { readonly files: number; readonly rows: number }) {
  await writeFiles(folder, wideSchema, sizes, wideColumns)
}

async function writeFiles(
  folder: string,
  of: StructType,
  { files, rows }: { readonly files: number; readonly rows: number },
  columns: (first: number, rows: number) => readonly Column[],
): Promise<void> {
  const table = await created(folder, of)
  const state = await table.state()
  if (state === undefined) throw new Error('the table was not created')
  const adds: AddFile[] = []
  for (let file = 0; file < files; file++)
    adds.push(await writeDataFile(table.store, { ...state.metadata, schema: of }, columns(file * rows, rows), {}))
  await table.commit({
    readVersion: 0,
    actions: adds.map(add => ({ add })),
    operation: 'WRITE',
    isBlindAppend: true,
    reads: readsNothing,
  })
}
