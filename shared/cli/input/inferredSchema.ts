import {
  columnKey,
  type DataType,
  isJsonArray,
  isJsonObject,
  type Json,
  type StructField,
  type StructType,
} from '../../types/index.js'
import { badLine, parsedLine } from './jsonRows.js'

/**
 * A table's schema with the columns, and fields of structs, that only JSON lines have: text is string, a whole number
 * long, another number double, an object a struct, an array an array. What is null everywhere has no type and is left
 * out.
 * @throws CliError BAD_INPUT for a new column of several types
 */
export async function withNewColumns(
  lines: AsyncIterable<string>,
  schema: StructType,
  name: string,
): Promise<StructType> {
  let seen: Seen | undefined
  let number = 0
  for await (const line of lines) {
    const object = parsedLine(line, ++number, name)
    if (object !== undefined) seen = together(seen, seenIn(object, number), number)
  }
  return structWith(schema, seen, [], name)
}

/** What lines held at one place; undefined: nothing but null. */
type Seen =
  | { readonly kind: 'scalar'; readonly type: 'string' | 'boolean' | 'long' | 'double' }
  | { readonly kind: 'array'; readonly element: Seen | undefined }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Seen | undefined> }
  /** Several types; `line` is the first of another one. */
  | { readonly kind: 'mixed'; readonly line: number }

function seenIn(json: Json, line: number): Seen | undefined {
  if (json === null) return undefined
  if (isJsonArray(json))
    return {
      kind: 'array',
      element: json.reduce<Seen | undefined>((element, item) => together(element, seenIn(item, line), line), undefined),
    }
  if (isJsonObject(json))
    return {
      kind: 'object',
      fields: new Map(Object.entries(json).map(([key, value]) => [key, seenIn(value ?? null, line)])),
    }
  if (typeof json === 'string') return { kind: 'scalar', type: 'string' }
  if (typeof json === 'boolean') return { kind: 'scalar', type: 'boolean' }
  return {
    kind: 'scalar',
    type: typeof json === 'bigint' || (typeof json === 'number' && Number.isInteger(json)) ? 'long' : 'double',
  }
}

function together(a: Seen | undefined, b: Seen | undefined, line: number): Seen | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (a.kind === 'mixed') return a
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', element: together(a.element, b.element, line) }
  if (a.kind === 'object' && b.kind === 'object') {
    const fields = new Map(a.fields)
    for (const [key, seen] of b.fields) fields.set(key, together(fields.get(key), seen, line))
    return { kind: 'object', fields }
  }
  if (a.kind === 'scalar' && b.kind === 'scalar') {
    if (a.type === b.type) return a
    const numbers = [a.type, b.type].every(type => type === 'long' || type === 'double')
    if (numbers) return { kind: 'scalar', type: 'double' }
  }
  return { kind: 'mixed', line }
}

function structWith(type: StructType, seen: Seen | undefined, path: readonly string[], name: string): StructType {
  if (seen?.kind !== 'object' || type.variant === true) return type
  let { fields } = type
  for (const [key, at] of seen.fields) {
    const own =
      fields.find(field => field.name === key) ?? fields.find(field => field.name.toLowerCase() === key.toLowerCase())
    const here = [...path, own?.name ?? key]
    if (own !== undefined) {
      const next = typeWith(own.type, at, here, name)
      if (next !== own.type)
        fields = fields.map((field): StructField => (field === own ? { ...own, type: next } : field))
      continue
    }
    const found = newType(at, here, name)
    if (found !== undefined) fields = [...fields, { name: key, type: found, nullable: true }]
  }
  return fields === type.fields ? type : { ...type, fields }
}

/** A type that the table has keeps what it is; only structs in it may gain fields. */
function typeWith(type: DataType, seen: Seen | undefined, path: readonly string[], name: string): DataType {
  if (typeof type === 'string') return type
  if (type.type === 'struct') return structWith(type, seen, path, name)
  if (type.type !== 'array' || seen?.kind !== 'array') return type
  const elementType = typeWith(type.elementType, seen.element, [...path, 'element'], name)
  return elementType === type.elementType ? type : { ...type, elementType }
}

function newType(seen: Seen | undefined, path: readonly string[], name: string): DataType | undefined {
  switch (seen?.kind) {
    case undefined:
      return undefined
    case 'scalar':
      return seen.type
    case 'mixed':
      throw badLine(
        name,
        seen.line,
        `column ${columnKey(path)} is new, and has another type here than in a line before; say its type with \`lake alter --add-column\``,
      )
    case 'array': {
      const elementType = newType(seen.element, [...path, 'element'], name)
      return elementType === undefined ? undefined : { type: 'array', elementType, containsNull: true }
    }
    case 'object':
      return structWith({ type: 'struct', fields: [] }, seen, path, name)
  }
}
