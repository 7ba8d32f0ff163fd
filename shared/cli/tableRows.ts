import { parsePartitionValue } from '../delta/partitionValue.js'
import { resolveDataPath } from '../delta/path.js'
import type { Snapshot } from '../delta/snapshot.js'
import type { AddFile } from '../delta/actions.js'
import { openParquet, storedFile, type ParquetSource, type StructField, type Value } from '../parquet/index.js'
import type { ObjectStore } from '../storage/objectStore.js'
import { openStore } from '../storage/openStore.js'
import { CliError } from './cliError.js'
import type { ColumnBatch, RowSource } from './columnBatch.js'

export interface TableRowsOptions {
  /** Columns wanted, in this order; all of the schema's when absent. */
  readonly columns?: readonly string[] | undefined
  /** Most rows. */
  readonly limit?: number | undefined
}

/**
 * The rows of a table's snapshot, file by file in the log's order, read by the project's own Parquet reader: every type
 * exactly, partition values from the log. Memory is bounded by a row group.
 */
export function tableRows(store: ObjectStore, snapshot: Snapshot, options: TableRowsOptions = {}): RowSource {
  const fields = wantedFields(snapshot, options.columns)
  return { fields, batches: batches(store, snapshot, fields, options.limit ?? Infinity) }
}

/** @throws CliError NOT_FOUND for a column that the table lacks */
export function wantedFields(snapshot: Pick<Snapshot, 'schema'>, columns: readonly string[] | undefined): readonly StructField[] {
  const { fields } = snapshot.schema
  if (columns === undefined) return fields
  return columns.map(name => {
    const field = fields.find(f => f.name === name) ?? fields.find(f => f.name.toLowerCase() === name.toLowerCase())
    if (field !== undefined) return field
    throw new CliError('NOT_FOUND', `There is no column ${name}; the table has: ${fields.map(f => f.name).join(', ')}.`)
  })
}

async function* batches(store: ObjectStore, snapshot: Snapshot, fields: readonly StructField[], limit: number): AsyncGenerator<ColumnBatch> {
  const partitions = new Set(snapshot.metadata.partitionColumns)
  const stored = fields.filter(f => !partitions.has(f.name))
  let left = limit
  for (const add of snapshot.files) {
    if (left <= 0) return
    const file = await openParquet(await sourceOf(store, add))
    const own = new Map(file.fields.map(f => [f.name.toLowerCase(), f.name]))
    // Other engines do not mind the case of names; Delta's own names differ in more than that.
    const inFile = stored.map(f => ({ ...f, name: own.get(f.name.toLowerCase()) ?? f.name }))
    for (const group of file.rowGroups) {
      const rows = Math.min(group.rows, left)
      if (rows <= 0) break
      const columns = await file.readColumns({ fields: inFile, rowStart: group.rowStart, rowEnd: group.rowStart + rows })
      const data = new Map(columns.map((column, i) => [stored[i]?.name ?? '', column.data]))
      yield { rows, columns: fields.map(field => data.get(field.name) ?? repeated(partitionValue(add, field), rows)) }
      left -= rows
    }
  }
}

async function sourceOf(store: ObjectStore, add: AddFile): Promise<ParquetSource> {
  const path = resolveDataPath(store.url, add.path)
  if (path.kind === 'relative') return storedFile(store, path.name, add.size)
  // A shallow clone's files: somewhere else, under an address of their own.
  const slash = path.url.lastIndexOf('/')
  const elsewhere = await openStore(path.url.slice(0, slash))
  return storedFile(elsewhere, decodeURIComponent(path.url.slice(slash + 1)), add.size)
}

function partitionValue(add: AddFile, field: StructField): Value {
  return parsePartitionValue(field.type, add.partitionValues[field.name])
}

function repeated(value: Value, rows: number): readonly Value[] {
  return new Array<Value>(rows).fill(value)
}
