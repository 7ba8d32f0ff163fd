import { UnusableSchema } from '../undecodable.js'

/** What a type stands for beyond its bytes. Logical types that are not known, or stand on a wrong type, are none. */
export type Logical =
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'uuid' | 'date' }
  /** Units in a second's thousandth, millionth and thousand-millionth. */
  | { readonly kind: 'timestamp'; readonly unit: 'millis' | 'micros' | 'nanos'; readonly isLocal: boolean }

/** Types of one value, by the names of Avro's specification. */
export type PrimitiveName = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'

/** A field of a record. */
export interface AvroField {
  readonly name: string
  readonly type: AvroType
  readonly hasDefault: boolean
  /** Names that it had in earlier schemas. */
  readonly aliases: readonly string[]
}

/** A schema with all names resolved. Records may hold themselves. */
export type AvroType =
  | { readonly kind: PrimitiveName; readonly logical?: Logical | undefined }
  | { readonly kind: 'fixed'; readonly name: string; readonly size: number; readonly logical?: Logical | undefined }
  | { readonly kind: 'enum'; readonly name: string; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord

/** A record; its fields are there once its schema is read to the end. */
export interface AvroRecord {
  readonly kind: 'record'
  readonly name: string
  fields: readonly AvroField[]
}

const primitives: readonly string[] = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']

/**
 * Reads a schema of Avro 1.12, and those that it refers to by full names.
 *
 * @param referenced schemas by name, those that others need first
 * @throws UnusableSchema
 */
export function avroSchema(schema: unknown, referenced: Iterable<unknown> = []): AvroType {
  const reader = new SchemaReader()
  for (const other of referenced) reader.typeOf(other, '')
  return reader.typeOf(schema, '')
}

type SchemaObject = Readonly<Record<string, unknown>>

class SchemaReader {
  readonly #named = new Map<string, AvroType>()

  /** @param namespace what names without a dot are of */
  typeOf(schema: unknown, namespace: string): AvroType {
    if (typeof schema === 'string') return this.#byName(schema, namespace)
    if (Array.isArray(schema)) return this.#union(schema as readonly unknown[], namespace)
    if (typeof schema !== 'object' || schema === null)
      throw new UnusableSchema('a type is neither a name nor an object')
    const object = schema as SchemaObject
    const { type } = object
    if (typeof type !== 'string') return this.typeOf(type, namespace)
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(object, namespace)
      case 'enum':
        return this.#enum(object, namespace)
      case 'fixed':
        return this.#fixed(object, namespace)
      case 'array':
        return { kind: 'array', items: this.typeOf(object['items'], namespace) }
      case 'map':
        return { kind: 'map', values: this.typeOf(object['values'], namespace) }
    }
    if (!primitives.includes(type)) return this.#byName(type, namespace)
    const kind = type as PrimitiveName
    return { kind, logical: logicalOf(object, kind) }
  }

  #byName(name: string, namespace: string): AvroType {
    if (primitives.includes(name)) return { kind: name as PrimitiveName }
    const found = this.#named.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`)
    const type = found ?? this.#named.get(name)
    if (type === undefined) throw new UnusableSchema(`the type ${JSON.stringify(name)} is not declared`)
    return type
  }

  #union(branches: readonly unknown[], namespace: string): AvroType {
    if (branches.length === 0) throw new UnusableSchema('a union has no types')
    return { kind: 'union', branches: branches.map(branch => this.typeOf(branch, namespace)) }
  }

  #record(schema: SchemaObject, around: string): AvroType {
    const { name, namespace } = nameOf(schema, around)
    const record: AvroRecord = { kind: 'record', name, fields: [] }
    // Before its fields are read: they may be of it.
    this.#named.set(name, record)
    const { fields } = schema
    if (!Array.isArray(fields)) throw new UnusableSchema(`the record ${name} has no fields`)
    record.fields = (fields as readonly unknown[]).map(field => {
      const object = (typeof field === 'object' && field !== null ? field : {}) as SchemaObject
      const fieldName = object['name']
      if (typeof fieldName !== 'string') throw new UnusableSchema(`a field of the record ${name} has no name`)
      const type = this.typeOf(object['type'], namespace)
      return { name: fieldName, type, hasDefault: object['default'] !== undefined, aliases: aliasesOf(object) }
    })
    return record
  }

  #enum(schema: SchemaObject, around: string): AvroType {
    const { name } = nameOf(schema, around)
    const symbols: unknown = schema['symbols']
    if (!Array.isArray(symbols) || !symbols.every(symbol => typeof symbol === 'string'))
      throw new UnusableSchema(`the enum ${name} has no symbols`)
    return this.#declare(name, { kind: 'enum', name, symbols })
  }

  #fixed(schema: SchemaObject, around: string): AvroType {
    const { name } = nameOf(schema, around)
    const size = schema['size']
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw new UnusableSchema(`the fixed type ${name} has no size`)
    return this.#declare(name, { kind: 'fixed', name, size, logical: logicalOf(schema, 'fixed', size) })
  }

  #declare(name: string, type: AvroType): AvroType {
    this.#named.set(name, type)
    return type
  }
}

/** What is no list of names stands for none, as with Avro's own libraries. */
function aliasesOf({ aliases }: SchemaObject): readonly string[] {
  return Array.isArray(aliases) ? (aliases as unknown[]).filter(alias => typeof alias === 'string') : []
}

/** Its full name, and the namespace of names inside it. */
function nameOf(schema: SchemaObject, around: string): { readonly name: string; readonly namespace: string } {
  const { name, namespace: own } = schema
  if (typeof name !== 'string' || name === '') throw new UnusableSchema('a record, an enum or a fixed type has no name')
  const dot = name.lastIndexOf('.')
  if (dot >= 0) return { name, namespace: name.slice(0, dot) }
  const namespace = typeof own === 'string' ? own : around
  return { name: namespace === '' ? name : `${namespace}.${name}`, namespace }
}

function logicalOf(schema: SchemaObject, kind: PrimitiveName | 'fixed', size?: number): Logical | undefined {
  const { logicalType } = schema
  if (typeof logicalType !== 'string') return undefined
  if (logicalType === 'decimal') {
    const scale = schema['scale'] ?? 0
    const isScale = typeof scale === 'number' && Number.isInteger(scale) && scale >= 0 && scale <= 1_000
    return isScale && (kind === 'bytes' || kind === 'fixed') ? { kind: 'decimal', scale } : undefined
  }
  if (logicalType === 'uuid') return kind === 'string' || size === 16 ? { kind: 'uuid' } : undefined
  if (logicalType === 'date') return kind === 'int' ? { kind: 'date' } : undefined
  const [, local, unit] = /^(local-)?timestamp-(millis|micros|nanos)$/.exec(logicalType) ?? []
  if (unit === undefined || kind !== 'long') return undefined
  return { kind: 'timestamp', unit: unit as 'millis' | 'micros' | 'nanos', isLocal: local !== undefined }
}
