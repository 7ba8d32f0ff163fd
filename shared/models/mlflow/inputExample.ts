import { asObject } from '../../types/index.js'

/**
 * The rows of an `input_example.json` as numbers in the order of the model's input: a table by columns and data, or an
 * array. Undefined when it is neither, or has what is no number: then there is no example.
 */
export function exampleRows(bytes: Uint8Array, names: readonly string[]): readonly (readonly number[])[] | undefined {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const { columns, data, inputs } = asObject(json) ?? {}
  const rows = data ?? inputs ?? json
  if (!Array.isArray(rows)) return undefined
  const places = Array.isArray(columns) ? names.map(name => columns.indexOf(name)) : names.map((_, i) => i)
  const numbers = rows.map((row: unknown) =>
    places.map(at => (Array.isArray(row) ? (row as unknown[])[at] : undefined)),
  )
  return numbers.every(row => row.every(value => typeof value === 'number')) ? numbers : undefined
}
