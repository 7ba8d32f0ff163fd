import {
  columnKey,
  type DataType,
  formatJson,
  isJsonObject,
  isStruct,
  type Json,
  type JsonObject,
  type PrimitiveType,
  type StructField,
  type StructType,
  variantType,
} from '../../types/index.js'
import { parseLogJson } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'

/** A table's schema ⇄ its text in the log (PROTOCOL.md, "Schema Serialization Format"). */

const primitiveTypes: ReadonlySet<string> = new Set<PrimitiveType>([
  'string',
  'byte',
  'short',
  'integer',
  'long',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'void',
])

/** One column that holds values itself: not a struct, whatever it is inside of. */
export interface LeafColumn {
  readonly path: readonly string[]
  readonly field: StructField
}

/**
 * The schema in a `schemaString`. Metadata is kept as it stands.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA, by field
 */
export function parseSchema(schemaString: string, where?: LogPlace): StructType {
  const schema = readType(parseLogJson(schemaString, where), [], where)
  if (typeof schema === 'string' || schema.type !== 'struct')
    throw new DeltaError('DELTA_BAD_SCHEMA', 'the schema of a table must be a struct', { where })
  return schema
}

/**
 * The text of a schema as the log has it.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA when two names differ only in case
 */
export function formatSchema(schema: StructType): string {
  return formatJson(typeJson(schema, []))
}

/** The text of a type for messages: `long`, `decimal(10,2)`, `array<string>`. */
export function typeText(type: DataType): string {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'struct':
      if (type.variant === true) return 'variant'
      return `struct<${type.fields.map(f => `${f.name}: ${typeText(f.type)}`).join(', ')}>`
    case 'array':
      return `array<${typeText(type.elementType)}>`
    case 'map':
      return `map<${typeText(type.keyType)}, ${typeText(type.valueType)}>`
  }
}

/** The leaf columns in the schema's order; an array, a map or a variant is one leaf. */
export function leafColumns(schema: StructType): LeafColumn[] {
  const leaves: LeafColumn[] = []
  const visit = (fields: readonly StructField[], path: readonly string[]) => {
    for (const field of fields) {
      const here = [...path, field.name]
      if (isStruct(field.type)) visit(field.type.fields, here)
      else leaves.push({ path: here, field })
    }
  }
  visit(schema.fields, [])
  return leaves
}

/** Every field at any depth, inside arrays and maps too, with its path; a variant has none inside. */
export function* allFields(type: DataType, path: readonly string[] = []): Generator<LeafColumn> {
  if (typeof type === 'string') return
  switch (type.type) {
    case 'struct':
      if (type.variant === true) return
      for (const field of type.fields) {
        const here = [...path, field.name]
        yield { path: here, field }
        yield* allFields(field.type, here)
      }
      return
    case 'array':
      yield* allFields(type.elementType, [...path, 'element'])
      return
    case 'map':
      yield* allFields(type.keyType, [...path, 'key'])
      yield* allFields(type.valueType, [...path, 'value'])
      return
    case 'decimal':
      return
  }
}

/**
 * @throws DeltaError DELTA_BAD_SCHEMA for names that a table without column mapping may not have: other engines refuse
 * blanks and ` ,;{}()=` in them
 */
export function checkNewColumnNames(schema: StructType): void {
  for (const { path, field } of allFields(schema))
    if (field.name === '' || /[ ,;{}()\n\t=]/.test(field.name))
      throw new DeltaError(
        'DELTA_BAD_SCHEMA',
        `column name ${columnKey(path)} may not be empty or hold blanks or ,;{}()=`,
      )
}

/** Whether the log's name of a type is that of shapes, `geometry(EPSG:3857)` or `geography(OGC:CRS84, spherical)`. */
function isGeospatial(name: string): boolean {
  return /^geo(?:metry|graphy)(?:\(.*\))?$/.test(name)
}

/** Whether a `schemaString` has columns of shapes, in structs, arrays or maps too; {@link parseSchema} makes bytes of them. */
export function hasGeospatialTypes(schemaString: string): boolean {
  return /"(?:type|elementType|keyType|valueType)"\s*:\s*"geo(?:metry|graphy)[("]/.test(schemaString)
}

/** Far deeper than any table, and far from where the walk over a schema would end the process. */
const deepest = 200

function readType(json: Json | undefined, path: readonly string[], where: LogPlace | undefined): DataType {
  if (path.length > deepest) throw bad('is nested too deeply', path.slice(0, 3), where)
  if (typeof json === 'string') return readNamedType(json, path, where)
  if (!isJsonObject(json)) throw bad('has no type', path, where)
  switch (json['type']) {
    case 'struct': {
      if (!Array.isArray(json['fields'])) throw bad('is a struct without fields', path, where)
      const fields = (json['fields'] as readonly Json[]).map(field => readField(field, path, where))
      checkNames(fields, path, where)
      return { type: 'struct', fields }
    }
    case 'array':
      return {
        type: 'array',
        elementType: readType(json['elementType'], [...path, 'element'], where),
        containsNull: json['containsNull'] !== false,
      }
    case 'map':
      return {
        type: 'map',
        keyType: readType(json['keyType'], [...path, 'key'], where),
        valueType: readType(json['valueType'], [...path, 'value'], where),
        valueContainsNull: json['valueContainsNull'] !== false,
      }
    default:
      throw bad(`has the unknown type ${formatJson(json['type'] ?? null)}`, path, where)
  }
}

function readNamedType(name: string, path: readonly string[], where: LogPlace | undefined): DataType {
  if (primitiveTypes.has(name)) return name as PrimitiveType
  if (name === 'decimal') return { type: 'decimal', precision: 10, scale: 0 }
  const [, precision, scale] = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(name) ?? []
  if (precision !== undefined && scale !== undefined) {
    const type = { type: 'decimal', precision: Number(precision), scale: Number(scale) } as const
    if (type.precision < 1 || type.precision > 38 || type.scale > type.precision)
      throw bad(`has the impossible type ${name}`, path, where)
    return type
  }
  if (name === 'variant') return variantType
  // Shapes are bytes (WKB) to this reader, whatever their coordinates mean; tables with them are not written to.
  if (isGeospatial(name)) return 'binary'
  // An older name of the type without values.
  if (name === 'null') return 'void'
  throw bad(`has the unknown type ${JSON.stringify(name)}`, path, where)
}

function readField(json: Json, path: readonly string[], where: LogPlace | undefined): StructField {
  if (!isJsonObject(json) || typeof json['name'] !== 'string') throw bad('has a field without a name', path, where)
  const here = [...path, json['name']]
  const { nullable, metadata } = json
  if (typeof nullable !== 'boolean') throw bad('does not say whether it is nullable', here, where)
  if (metadata !== undefined && !isJsonObject(metadata)) throw bad('has metadata that is not an object', here, where)
  return { name: json['name'], type: readType(json['type'], here, where), nullable, metadata: metadata ?? {} }
}

function checkNames(fields: readonly StructField[], path: readonly string[], where: LogPlace | undefined): void {
  const seen = new Map<string, string>()
  for (const { name } of fields) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined)
      throw bad(`stands twice (${other}, ${name}): names must differ in more than case`, [...path, name], where)
    seen.set(name.toLowerCase(), name)
  }
}

function bad(what: string, path: readonly string[], where: LogPlace | undefined): DeltaError {
  const field = columnKey(path)
  return new DeltaError('DELTA_BAD_SCHEMA', `${path.length === 0 ? 'the schema' : `field ${field}`} ${what}`, {
    where,
    data: { field },
  })
}

function typeJson(type: DataType, path: readonly string[]): JsonObject | string {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'decimal':
      return typeText(type)
    case 'struct':
      if (type.variant === true) return 'variant'
      checkNames(type.fields, path, undefined)
      return {
        type: 'struct',
        fields: type.fields.map(field => ({
          name: field.name,
          type: typeJson(field.type, [...path, field.name]),
          nullable: field.nullable,
          metadata: (field.metadata ?? {}) as JsonObject,
        })),
      }
    case 'array':
      return {
        type: 'array',
        elementType: typeJson(type.elementType, [...path, 'element']),
        containsNull: type.containsNull,
      }
    case 'map':
      return {
        type: 'map',
        keyType: typeJson(type.keyType, [...path, 'key']),
        valueType: typeJson(type.valueType, [...path, 'value']),
        valueContainsNull: type.valueContainsNull,
      }
  }
}
