import type { Column, StructField, Value } from '../../types/index.js'
import type { PartitionTexts } from '../dataFiles/index.js'
import { DeltaError } from '../deltaError.js'
import { formatPartitionValue, storedName } from '../schema/index.js'

/** The rows of one partition among some rows. */
export interface PartitionPart {
  /** One text for each combination of values. */
  readonly key: string
  /** By the names under which the log has them. */
  readonly values: PartitionTexts
  /** Which rows; all when absent. */
  readonly rows?: readonly number[] | undefined
}

/**
 * Which rows belong to which partition, in the order in which partitions appear. Values are the same when their strings
 * in the log are.
 *
 * @param rowsBefore rows that came before, for the message
 * @throws DeltaError DELTA_BAD_ROWS for a value that has no text
 */
export function splitByPartition(
  columns: readonly Column[],
  count: number,
  mapped: boolean,
  rowsBefore = 0,
): readonly PartitionPart[] {
  if (columns.length === 0 || count === 0) return [{ key: '', values: {} }]
  const strings = columns.map(column => partitionTexts(column, rowsBefore))
  const parts = new Map<string, { readonly key: string; readonly values: PartitionTexts; readonly rows: number[] }>()
  for (let row = 0; row < count; row++) {
    const key = partitionKey(strings.map(column => column[row] ?? null))
    const part = parts.get(key)
    if (part !== undefined) part.rows.push(row)
    else {
      const values = Object.fromEntries(
        columns.map(({ field }, i) => [storedName(field, mapped), strings[i]?.[row] ?? null]),
      )
      parts.set(key, { key, values, rows: [row] })
    }
  }
  const all = [...parts.values()]
  return all.length === 1 ? all.map(({ key, values }) => ({ key, values })) : all
}

function partitionKey(strings: readonly (string | null)[]): string {
  return strings.map(text => (text === null ? '-' : `${text.length}:${text}`)).join()
}

function partitionTexts({ field, data }: Column, rowsBefore: number): readonly (string | null)[] {
  const known = new Map<Value, string | null>()
  return Array.from(data as readonly Value[], (value, row) => {
    if (value instanceof Uint8Array) return partitionText(field, value, rowsBefore + row)
    let text = known.get(value)
    if (text === undefined) {
      text = partitionText(field, value, rowsBefore + row)
      // Zeros of both signs are one key, and two strings.
      if (value !== 0) known.set(value, text)
    }
    return text
  })
}

function partitionText(field: StructField, value: Value, row: number): string | null {
  try {
    return formatPartitionValue(field.type, value)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new DeltaError(
      'DELTA_BAD_ROWS',
      `partition column ${field.name} cannot hold its value in row ${row + 1} of those written: ${why}`,
      {
        data: { column: field.name, row: row + 1 },
        cause: error,
      },
    )
  }
}
