import type { DataType, StructField } from '../../types/index.js'

/**
 * SQL with years beyond 9999 as DuckDB reads them: Spark, and this project's own output, write `+12345-11-29`, and
 * DuckDB `12345-11-29`. A string loses its sign where it is typed as a date or a time (`DATE '+…'`, `CAST('+…' AS
 * DATE)`, `'+…'::DATE`), and when untyped where the columns are known and no string column is named.
 */
export function withPlainYears(sql: string, fields?: readonly StructField[]): string {
  if (!/'\+\d{5,7}-/.test(sql)) return sql
  const tokens = sql.match(token) ?? []
  // Places of what means something, as neighbours of a text.
  const places = tokens.flatMap((text, i) => (/^(?:\s|--|\/\*)/.test(text) ? [] : [i]))
  const at = (place: number) => (tokens[places[place] ?? -1] ?? '').toUpperCase()
  const bareToo =
    fields !== undefined &&
    !namesText(
      places.map(i => tokens[i] ?? ''),
      fields,
    )
  return tokens
    .map((text, i) => {
      if (!farYear.test(text)) return text
      const place = places.indexOf(i)
      const isTyped =
        timeTypes.test(at(place - 1)) || // also the end of TIMESTAMP WITH TIME ZONE
        (at(place + 1) === '::' && timeTypes.test(at(place + 2))) ||
        (/^(?:TRY_)?CAST$/.test(at(place - 2)) && at(place + 1) === 'AS' && timeTypes.test(at(place + 2)))
      return isTyped || bareToo ? text.replace("'+", "'") : text
    })
    .join('')
}

const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|\s+|\w+|::|[^]/g
const farYear = /^'\+\d{5,7}-\d{1,2}-\d{1,2}(?:[T ][^']*)?'$/
const timeTypes = /^(?:DATE|DATETIME|TIMESTAMP|TIMESTAMPTZ|TIMESTAMP_NTZ|TIMESTAMP_LTZ|ZONE)$/

/** Whether a name among the tokens is that of a column, or a field, of strings: such a string is taken literally. */
function namesText(tokens: readonly string[], fields: readonly StructField[]): boolean {
  const names = new Set(textNames(fields))
  return tokens.some(text =>
    names.has((text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text).toLowerCase()),
  )
}

function* textNames(fields: readonly StructField[]): Generator<string> {
  for (const { name, type } of fields) {
    if (holdsText(type)) yield name.toLowerCase()
    if (typeof type === 'object' && type.type === 'struct') yield* textNames(type.fields)
  }
}

function holdsText(type: DataType): boolean {
  if (typeof type === 'string') return type === 'string'
  if (type.type === 'array') return holdsText(type.elementType)
  if (type.type === 'map') return holdsText(type.keyType) || holdsText(type.valueType)
  return type.type === 'struct' && type.fields.some(field => holdsText(field.type))
}
