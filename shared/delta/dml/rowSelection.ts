import type { ColumnData, Value } from '../../types/index.js'
import { pickedData } from '../dataFiles/index.js'
import type { Rows } from '../write/index.js'

/** Rows selected from columns, and replaced in them. */

/** The positions of the rows with the given actions, ascending. */
export function placesWith(rowActions: Uint8Array, ...wanted: readonly number[]): Int32Array {
  const places = new Int32Array(rowActions.length)
  let length = 0
  for (let i = 0; i < rowActions.length; i++) if (wanted.includes(rowActions[i] as number)) places[length++] = i
  return places.subarray(0, length)
}

/** The rows at `places`; the rows as they are when these are all. */
export function pickedRows(rows: Rows, places: Int32Array): Rows {
  if (places.length === rows.count) return rows
  return {
    count: places.length,
    columns: rows.columns.map(({ field, data }) => ({ field, data: pickedData(data, places) })),
  }
}

/** `rows` with those at `places` replaced by `others`, which have the same columns. */
export function overlaidRows(rows: Rows, places: Int32Array, others: Rows): Rows {
  if (places.length === rows.count) return others
  const by = new Map(others.columns.map(({ field, data }) => [field.name, data]))
  return {
    count: rows.count,
    columns: rows.columns.map(({ field, data }) => ({
      field,
      data: overlaid(data, places, by.get(field.name) ?? data),
    })),
  }
}

function overlaid(data: ColumnData, places: Int32Array, values: ColumnData): ColumnData {
  // A typed array holds no null and no value of another type.
  const output = (
    Array.isArray(data) || values.constructor === data.constructor ? data.slice() : Array.from<Value>(data)
  ) as Value[]
  for (let i = 0; i < places.length; i++) output[places[i] as number] = values[i] ?? null
  return output
}
