import { z } from 'zod'

import type { ContractField, ContractPlace, Stream } from '../../contract/index.js'
import type { FieldKind, SchemaField, SchemaValue } from '../../sources/index.js'
import type { DataType, StructField } from '../../types/index.js'
import type { ContractFinding } from './contractFinding.js'

const numbers = ['integer', 'long', 'float', 'double', 'decimal']

/** Types of columns that a kind of value can become; text and numbers not each of them, but some. */
const takenBy: Readonly<Record<FieldKind, readonly string[]>> = {
  text: ['string', 'binary', 'date', 'timestamp', 'timestamp_ntz', ...numbers],
  boolean: ['boolean'],
  'whole number': [...numbers, 'timestamp'],
  number: [...numbers, 'timestamp'],
  decimal: ['string', ...numbers],
  bytes: ['binary'],
  date: ['date', 'string'],
  timestamp: ['timestamp'],
  'time without a zone': ['timestamp_ntz'],
  object: ['struct', 'map'],
  map: ['map', 'struct'],
  array: ['array'],
  any: [],
}

/**
 * What a contract asks for that records of a schema lack or may lack, and what they have that it does not ask for; at
 * every depth.
 */
export function schemaFindings(stream: Stream, fields: readonly SchemaField[]): readonly ContractFinding[] {
  return fieldFindings({ declared: stream.fields, columns: stream.columns, schema: stream.schema }, fields, '')
}

/** The fields that a contract has at one place. */
interface Level {
  readonly declared: readonly ContractField[]
  readonly columns: readonly StructField[]
  readonly schema: z.core.$ZodObject
}

function fieldFindings(level: Level, fields: readonly SchemaField[], path: string): readonly ContractFinding[] {
  const { shape, catchall } = level.schema._zod.def
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  const read = new Set<SchemaField>()
  const found = level.declared.flatMap(({ name, aliases, inside }, i) => {
    const there = fieldNamed([name, ...aliases], fields)
    const declared = shape[name]
    const type = level.columns[i]?.type
    if (declared === undefined || type === undefined) return []
    const takesNothing = takes(declared, undefined)
    if (there === undefined)
      return takesNothing
        ? finding('note', at(name), 'the schema does not have it, and the contract takes records without it')
        : finding('breaks', at(name), 'the contract needs it, and the schema does not have it')
    read.add(there)
    const absent = 'it may be absent, and such records are rejected; .optional() or .nullish() takes them'
    return [
      ...(there.mayBeAbsent && !takesNothing ? [finding('note', at(name), absent)] : []),
      ...valueFindings(declared, { type, inside }, there, at(name)),
    ]
  })
  const isStrict = catchall instanceof z.core.$ZodNever
  const more = fields.filter(field => !read.has(field))
  return [...found, ...more.map(field => undeclaredFinding(field, isStrict, at(field.name)))]
}

/** The schema's field under the first of the names that it has, or had. */
function fieldNamed(names: readonly string[], fields: readonly SchemaField[]): SchemaField | undefined {
  const present = names.flatMap(name => fields.find(field => field.name === name) ?? [])
  const former = names.flatMap(name => fields.find(({ aliases = [] }) => aliases.includes(name)) ?? [])
  return present[0] ?? former[0]
}

function undeclaredFinding({ mayBeAbsent }: SchemaField, isStrict: boolean, path: string): ContractFinding {
  if (!isStrict) return finding('note', path, 'the schema has it, and the contract does not')
  const message = 'the schema has it, and the contract, which is strict, rejects records with it'
  return finding(mayBeAbsent ? 'note' : 'breaks', path, message)
}

/** What a contract has for a value. */
interface Wanted {
  readonly type: DataType
  readonly inside: ContractPlace | undefined
}

function valueFindings(
  declared: z.core.$ZodType,
  { type, inside }: Wanted,
  there: SchemaValue,
  path: string,
): readonly ContractFinding[] {
  const typeName = nameOf(type)
  if (there.kind !== 'any' && !takenBy[there.kind].includes(typeName))
    return [finding('breaks', path, `the schema has ${article(there.kind)} there, which ${typeName} never takes`)]
  const unwanted = 'it may be null, and such records are rejected; .nullable() or .nullish() takes them'
  return [
    ...(there.mayBeNull && !takes(declared, null) ? [finding('note', path, unwanted)] : []),
    ...innerFindings(unwrapped(declared), { type, inside }, there, path),
  ]
}

function innerFindings(
  declared: z.core.$ZodType,
  { type, inside }: Wanted,
  { kind, fields, each }: SchemaValue,
  path: string,
): readonly ContractFinding[] {
  if (typeof type === 'string') return []
  if (declared instanceof z.core.$ZodObject && type.type === 'struct' && inside?.kind === 'fields')
    return fields === undefined
      ? []
      : fieldFindings({ declared: inside.fields, columns: type.fields, schema: declared }, fields(), path)
  const innermost = inside?.kind === 'items' || inside?.kind === 'values' ? inside.each : undefined
  if (declared instanceof z.core.$ZodArray && type.type === 'array' && each !== undefined)
    return valueFindings(declared._zod.def.element, { type: type.elementType, inside: innermost }, each(), `${path}[]`)
  if (declared instanceof z.core.$ZodRecord && type.type === 'map' && kind === 'map' && each !== undefined)
    return valueFindings(declared._zod.def.valueType, { type: type.valueType, inside: innermost }, each(), `${path}{}`)
  return []
}

function takes(schema: z.core.$ZodType, value: unknown): boolean {
  return z.safeParse(schema, value).success
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType
  return inner === undefined ? schema : unwrapped(inner)
}

function finding(verdict: ContractFinding['verdict'], field: string, message: string): ContractFinding {
  return { against: 'schema', verdict, field, message }
}

function nameOf(type: DataType): string {
  return typeof type === 'string' ? type : type.type
}

function article(kind: FieldKind): string {
  if (kind === 'text' || kind === 'bytes') return kind
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`
}
