import { formatJson, isJsonArray, isJsonObject, type Json } from '../../types/index.js'

/** JSON text for people, `indent` blanks a level; 0 is one line. Numbers keep all their digits. */
export function indentedJson(value: Json, indent: number): string {
  return indent === 0 ? formatJson(value) : lines(value, ' '.repeat(indent), '')
}

function lines(value: Json, step: string, margin: string): string {
  const inner = margin + step
  if (isJsonArray(value)) {
    const items = value.map(item => inner + lines(item, step, inner))
    return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${margin}]`
  }
  if (!isJsonObject(value)) return formatJson(value)
  const fields = Object.entries(value).flatMap(([key, field]) =>
    field === undefined ? [] : [`${inner}${JSON.stringify(key)}: ${lines(field, step, inner)}`],
  )
  return fields.length === 0 ? '{}' : `{\n${fields.join(',\n')}\n${margin}}`
}
