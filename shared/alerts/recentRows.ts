import { type AddFile, rowObjects, scanRows } from '../delta/index.js'
import type { Lake } from '../pipeline/lake/index.js'
import type { ObjectStore } from '../storage/index.js'
import type { Row } from '../types/index.js'
import { alertColumns, timeColumn } from './rules/index.js'

/** By store and table, the rows of each data file. A file never changes: who looks every minute reads the new ones only. */
const read = new WeakMap<ObjectStore, Map<string, ReadonlyMap<string, readonly Row[]>>>()

/**
 * The rows of a log table whose time is not before `from`, in any order, with what alerts look at: they are kept for as long as
 * alerts look back. None where there is no table.
 *
 * @param from milliseconds since 1970; it only moves on from one call to the next
 * @throws DeltaError, StorageError where the table cannot be read
 */
export async function recentRows(
  lake: Pick<Lake, 'store' | 'table'>,
  path: keyof typeof timeColumn,
  from: number,
): Promise<readonly Row[]> {
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return []
  const tables = read.get(lake.store) ?? new Map<string, ReadonlyMap<string, readonly Row[]>>()
  read.set(lake.store, tables)
  const before = tables.get(path)
  const time = timeColumn[path]
  const there = new Set(snapshot.schema.fields.map(({ name }) => name))
  // A table that an older version made has fewer.
  const columns = alertColumns(path).filter(name => there.has(name))
  const value = BigInt(Math.floor(from)) * 1000n
  const isRecent = (row: Row) => typeof row[time] === 'bigint' && row[time] >= value
  const known = new Map<string, readonly Row[]>()
  for (const file of snapshot.files) {
    const key = keyOf(file)
    const rows = before?.get(key)
    if (rows !== undefined) {
      // What is too old now is let go of, and never asked for again.
      known.set(key, rows.filter(isRecent))
      continue
    }
    const found: Row[] = []
    const predicate = { op: '>=', column: time, value } as const
    const scan = scanRows(table.store, { ...snapshot, files: [file] }, { columns, predicate })
    for await (const row of rowObjects(scan)) if (isRecent(row)) found.push(row)
    known.set(key, found)
  }
  tables.set(path, known)
  return [...known.values()].flat()
}

/** Rows that are deleted later are deleted by another vector of the same file. */
function keyOf({ path, deletionVector }: AddFile): string {
  return deletionVector === undefined ? path : JSON.stringify([path, deletionVector])
}
