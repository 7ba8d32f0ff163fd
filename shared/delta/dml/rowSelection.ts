import { decodedData, type StoredData, Utf8Column } from '../../parquet/index.js'
import type { Value } from '../../types/index.js'
import { isStrings, joinedStored, pickedData } from '../dataFiles/index.js'
import type { StoredRows } from '../write/index.js'

/** Rows selected from columns, and replaced in them. */

/** The positions of the rows with the given actions, ascending. */
export function placesWith(rowActions: Uint8Array, ...wanted: readonly number[]): Int32Array {
  const places = new Int32Array(rowActions.length)
  let length = 0
  for (let i = 0; i < rowActions.length; i++) if (wanted.includes(rowActions[i] as number)) places[length++] = i
  return places.subarray(0, length)
}

/** The rows at `places`; the rows as they are when these are all. */
export function pickedRows(rows: StoredRows, places: Int32Array): StoredRows {
  if (places.length === rows.count) return rows
  return {
    count: places.length,
    columns: rows.columns.map(({ field, data }) => ({ field, data: pickedData(data, places) })),
  }
}

/** `rows` with those at `places` replaced by `others`, which have the same columns. */
export function overlaidRows(rows: StoredRows, places: Int32Array, others: StoredRows): StoredRows {
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

function overlaid(data: StoredData, places: Int32Array, values: StoredData): StoredData {
  if (values === data) return data
  if (data instanceof Utf8Column) return overlaidStrings(data, places, values)
  const others = decodedData(values)
  // A typed array holds no null and no value of another type.
  const output = (
    Array.isArray(data) || others.constructor === data.constructor ? data.slice() : Array.from<Value>(data)
  ) as Value[]
  for (let i = 0; i < places.length; i++) output[places[i] as number] = others[i] ?? null
  return output
}

function overlaidStrings(data: Utf8Column, places: Int32Array, values: StoredData): StoredData {
  // Values that are no strings are refused by whoever writes them, who can name them.
  if (!(values instanceof Utf8Column || isStrings(values))) return overlaid(data.strings(), places, values)
  const from = Int32Array.from({ length: data.length }, (_, row) => row)
  for (let i = 0; i < places.length; i++) from[places[i] as number] = data.length + i
  return pickedData(joinedStored([data, values]), from)
}
