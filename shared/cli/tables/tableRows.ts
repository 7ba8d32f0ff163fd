import { type OpenFolder, scanRows, type Snapshot } from '../../delta/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { fieldNamed, type StructField } from '../../types/index.js'
import { CliError } from '../cliError.js'
import type { ColumnBatch, RowSource } from '../output/index.js'

/** Which part of a snapshot is read, and how. */
export interface TableRowsOptions {
  /** Columns wanted, in this order; all of the schema's when absent. */
  readonly columns?: readonly string[] | undefined
  /** Maximum rows. */
  readonly limit?: number | undefined
  /** Zone of partition timestamps without an offset; UTC when absent. */
  readonly timeZone?: string | undefined
  /** For files outside the table and its storage account. */
  readonly openFolder?: OpenFolder | undefined
}

/** The rows of a table's snapshot, file by file in the log's order; memory is bounded by a row group. */
export function tableRows(store: ObjectStore, snapshot: Snapshot, options: TableRowsOptions = {}): RowSource {
  const columns = wantedFields(snapshot, options.columns).map(field => field.name)
  const { fields, batches } = scanRows(store, snapshot, {
    columns,
    timeZone: options.timeZone,
    openFolder: options.openFolder,
  })
  return { fields, batches: limited(batches, options.limit ?? Infinity) }
}

/** @throws CliError NOT_FOUND for a column that the table lacks */
export function wantedFields(
  snapshot: Pick<Snapshot, 'schema'>,
  columns: readonly string[] | undefined,
): readonly StructField[] {
  const { fields } = snapshot.schema
  if (columns === undefined) return fields
  return columns.map(name => {
    const field = fieldNamed(fields, name)
    if (field !== undefined) return field
    throw new CliError('NOT_FOUND', `There is no column ${name}; the table has: ${fields.map(f => f.name).join(', ')}.`)
  })
}

async function* limited(batches: AsyncIterable<ColumnBatch>, limit: number): AsyncGenerator<ColumnBatch> {
  let left = limit
  if (left <= 0) return
  for await (const { rows, columns } of batches) {
    yield rows <= left ? { rows, columns } : { rows: left, columns: columns.map(data => data.slice(0, left)) }
    left -= rows
    if (left <= 0) return
  }
}
