import type { Stream } from '../../contract/index.js'
import { type AddFile, filesThatMayMatch, type Predicate, type TableState } from '../../delta/index.js'
import { identifier } from '../../query/index.js'
import { columnKey, type StructType } from '../../types/index.js'
import { eventDate, sourceColumns } from '../incremental/index.js'
import { isLate } from './lateEvents.js'

const bronzeOwn = ['_partition', '_offset', '_timestamp', '_ingested_at', '_topic', '_generation', '_error_code']

/** Bronze's columns that silver is made of, those of other versions of the contract too. */
export function bronzeColumns(bronze: StructType): readonly string[] {
  return sourceColumns(bronze, bronzeOwn)
}

/** Silver's columns but for the partition column, in the order of its schema. */
export function silverColumns(silver: StructType): readonly string[] {
  return silver.fields.flatMap(({ name }) => (name === eventDate ? [] : [name]))
}

/**
 * A SELECT of silver's columns, but for the partition column, out of a relation of bronze rows: the valid ones. A
 * record that was rejected has an error code; a tombstone, which has none, is null in all of the contract's columns,
 * and a valid record is never null in its key and event time. So the value's bytes need not be read to distinguish them.
 */
export function validRows(stream: Stream, silver: StructType, bronze: readonly string[], relation: string): string {
  const columns = silverColumns(silver).map(name => {
    if (name === '_late') return `${isLate(stream)} AS _late`
    return bronze.includes(name) ? identifier(name) : `NULL AS ${identifier(name)}`
  })
  return `SELECT ${columns.join(', ')} FROM ${relation} AS b WHERE ${isValid(stream)}`
}

/** The condition under which a row of bronze is valid. */
export function isValid(stream: Stream): string {
  return `_error_code IS NULL AND ${identifier(stream.key)} IS NOT NULL AND ${identifier(stream.eventTime)} IS NOT NULL`
}

/**
 * The files of bronze that can hold valid rows, those with an event time from `least` to `greatest` (microseconds) if a
 * span is given. Files of nothing but rejected records are recognised by their statistics.
 */
export function filesWithEvents(
  stream: Stream,
  bronze: Pick<TableState, 'schema' | 'metadata'>,
  files: readonly AddFile[],
  span?: { readonly least: bigint; readonly greatest: bigint },
): readonly AddFile[] {
  const time = columnKey([stream.eventTime])
  const of: Predicate[] = [{ op: 'isNotNull', column: columnKey([stream.key]) }]
  if (span !== undefined)
    of.push({ op: '>=', column: time, value: span.least }, { op: '<=', column: time, value: span.greatest })
  return filesThatMayMatch(bronze, files, { op: 'and', of })
}
