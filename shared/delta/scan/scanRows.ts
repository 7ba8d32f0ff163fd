import type { ObjectStore } from '../../storage/index.js'
import { fieldNamed, type StructField } from '../../types/index.js'
import type { AddFile, OpenFolder } from '../actions/index.js'
import { readDataFile, type RowBatch } from '../dataFiles/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { requireReadable } from '../protocol/index.js'
import { columnLayout } from '../schema/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { FileSkipper, type Predicate } from '../stats/index.js'

/** What {@link scanRows} reads of a snapshot. */
export interface ScanOptions {
  /** Columns wanted, in this order; all of the schema's when absent. Letter case does not matter. */
  readonly columns?: readonly string[] | undefined
  /**
   * Files that cannot hold a row for which it is true are passed over. All rows of the others are returned: filter
   * them.
   */
  readonly predicate?: Predicate | undefined
  /** For files outside the table's folder. */
  readonly openFolder?: OpenFolder | undefined
  /** Zone of partition timestamps without an offset, which old writers left; UTC when absent. */
  readonly timeZone?: string | undefined
}

/** What a scan reads; the files are known from the start, the rest grows while rows are read. */
export interface ScanCounts {
  readonly filesRead: number
  readonly filesSkipped: number
  readonly bytesRead: number
  readonly bytesSkipped: number
  rowGroups: number
  rows: number
}

/** Rows of one data file. */
export interface ScanBatch extends RowBatch {
  readonly file: AddFile
}

/** The answer of {@link scanRows}: rows are read as `batches` is iterated, and `counts` grow meanwhile. */
export interface RowScan {
  /** What `columns` of a batch are, in order. */
  readonly fields: readonly StructField[]
  /** The files that are read, in the order of the log. */
  readonly files: readonly AddFile[]
  readonly counts: Readonly<ScanCounts>
  readonly batches: AsyncIterable<ScanBatch>
}

/** What a scan needs of a snapshot. */
export type Scannable = Pick<Snapshot, 'version' | 'protocol' | 'metadata' | 'schema' | 'files'>

/**
 * The rows of a table as it is in `snapshot`: deleted rows left out, columns found by the table's mapping, types as the
 * schema has them, partition values from the log. Memory is bounded by one row group's columns.
 *
 * ```ts
 * const scan = scanRows(store, snapshot, { columns: ['id'], predicate: { op: '>', column: 'id', value: 5n } })
 * for await (const { rows, columns: [ids] } of scan.batches) …
 * ```
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE, DELTA_NO_COLUMN; while reading also those of {@link readDataFile}
 */
export function scanRows(store: ObjectStore, snapshot: Scannable, options: ScanOptions = {}): RowScan {
  const { metadata, schema, version } = snapshot
  const where = { table: store.url, version }
  requireReadable(snapshot, where)
  const layout = columnLayout(snapshot, where)
  const fields = fieldsByName(schema.fields, options.columns, where)
  const files = chosenFiles(snapshot, options)
  const bytesRead = totalSize(files)
  const counts: ScanCounts = {
    filesRead: files.length,
    filesSkipped: snapshot.files.length - files.length,
    bytesRead,
    bytesSkipped: totalSize(snapshot.files) - bytesRead,
    rowGroups: 0,
    rows: 0,
  }
  async function* batches(): AsyncGenerator<ScanBatch, void> {
    for (const file of files) {
      for await (const batch of readDataFile(store, file, { ...options, layout, fields, where })) {
        counts.rowGroups++
        counts.rows += batch.rows
        yield { ...batch, file }
      }
    }
  }
  return { fields, files, counts, batches: { [Symbol.asyncIterator]: batches } }

  function chosenFiles({ files: all }: Scannable, { predicate, timeZone }: ScanOptions): readonly AddFile[] {
    if (predicate === undefined) return all
    const { partitionColumns, configuration } = metadata
    const skipper = new FileSkipper({ schema, partitionColumns, configuration }, { zone: timeZone })
    return all.filter(file => skipper.match(file, predicate) !== 'no')
  }
}

/**
 * Some of `fields` by their names, whatever the letter case; all without names.
 *
 * @throws DeltaError DELTA_NO_COLUMN
 */
export function fieldsByName(
  fields: readonly StructField[],
  names: readonly string[] | undefined,
  where: LogPlace,
): readonly StructField[] {
  if (names === undefined) return fields
  return names.map(name => {
    const field = fieldNamed(fields, name)
    if (field !== undefined) return field
    const known = fields.map(f => f.name).join(', ')
    throw new DeltaError('DELTA_NO_COLUMN', `there is no column ${name}; the table has: ${known}`, {
      where,
      data: { column: name },
    })
  })
}

function totalSize(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}
