import { z } from 'zod'

import type { DataType, StructField, StructType, Value } from '../types/index.js'
import { type Checks, checksOf } from './checks.js'
import { withoutColumn } from './columnlessType.js'
import { unmappable } from './contractError.js'
import { aliasesOf, checkAliases, type ContractField } from './contractField.js'
import { checkFieldNames } from './fieldName.js'
import { fieldTypeOf } from './fieldTypes.js'
import {
  bigintDecoder,
  checked,
  choice,
  decodeBoolean,
  type Decoder,
  decodeString,
  leaf,
  numberDecoder,
  stored,
} from './leafDecoder.js'
import { structReader, structStore } from './structReader.js'
import { isObject, missing, ValidationIssue, wrongType, wrongValue } from './validationIssue.js'

/** A decoder of an object, with the columns it makes. */
export interface ObjectDecoder extends Decoder {
  readonly fields: readonly StructField[]
  /** The same by all names under which they are read. */
  readonly named: readonly ContractField[]
  /** Whether a field that is not declared is an issue. */
  readonly strict: boolean
}

/**
 * Compiles a schema.
 * @param path the field, for errors, as `payload[].id`
 * @throws ContractError UNMAPPABLE_TYPE or BAD_FIELD_NAME, naming the field
 */
export function decoderOf(schema: z.core.$ZodType, path: string): Decoder {
  const own = fieldTypeOf(schema)
  if (own !== undefined) return leaf(own.type, own.decode, checksOf(schema, false), own.exact)
  const { def } = schema._zod
  if ((def as { coerce?: boolean }).coerce === true) {
    throw unmappable(path, `z.coerce.${def.type}()`, 'it makes values of null and ""; use double() or long()')
  }
  const checks = checksOf(schema, true)
  if (schema instanceof z.core.$ZodString) return leaf('string', decodeString, checks)
  if (schema instanceof z.core.$ZodBoolean) return leaf('boolean', decodeBoolean, checks)
  if (schema instanceof z.core.$ZodNumber) return numberDecoder(schema, checks)
  if (schema instanceof z.core.$ZodBigInt) return bigintDecoder(schema, path, checks)
  if (schema instanceof z.core.$ZodEnum) return choice(Object.values(schema._zod.def.entries), path, checks)
  if (schema instanceof z.core.$ZodLiteral) return choice(schema._zod.def.values, path, checks)
  if (schema instanceof z.core.$ZodTemplateLiteral) {
    const { pattern } = schema._zod
    const decode = (found: unknown) =>
      typeof found === 'string' && !pattern.test(found)
        ? wrongValue(found, `a text like ${String(pattern)}`)
        : decodeString(found)
    return leaf('string', decode, checks)
  }
  if (schema instanceof z.core.$ZodObject) return objectDecoder(schema, path)
  if (schema instanceof z.core.$ZodArray) return arrayDecoder(schema._zod.def.element, path, checks)
  if (schema instanceof z.core.$ZodRecord) return recordDecoder(schema, path, checks)
  return wrapperDecoder(schema, path, checks)
}

function wrapperDecoder(schema: z.core.$ZodType, path: string, checks: Checks | undefined): Decoder {
  if (schema instanceof z.core.$ZodOptional) {
    const inner = decoderOf(schema._zod.def.innerType, path)
    const decode = (found: unknown) => (found === undefined ? undefined : inner.decode(found))
    return { ...inner, nullable: true, decode: checked(decode, checks, inner.type), store: nullStore(inner.store) }
  }
  if (schema instanceof z.core.$ZodNullable) {
    const inner = decoderOf(schema._zod.def.innerType, path)
    const decode = (found: unknown) => (found === null ? null : inner.decode(found))
    const store = inner.store === undefined ? undefined : nullStore(inner.store)
    return { ...inner, nullable: true, decode: checked(decode, checks, inner.type), store }
  }
  if (schema instanceof z.core.$ZodDefault || schema instanceof z.core.$ZodPrefault) {
    const { def } = schema._zod
    const inner = decoderOf(def.innerType, path)
    const early = schema instanceof z.core.$ZodPrefault
    const decode = (found: unknown) =>
      found !== undefined ? inner.decode(found) : early ? inner.decode(def.defaultValue) : def.defaultValue
    // A default has not gone through the decoding of what it stands for.
    return {
      ...inner,
      nullable: inner.nullable && acceptsNull(inner),
      decode: stored(inner.type, checked(decode, checks, inner.type)),
    }
  }
  if (schema instanceof z.core.$ZodReadonly) {
    const inner = decoderOf(schema._zod.def.innerType, path)
    return { ...inner, decode: checked(inner.decode, checks, inner.type) }
  }
  if (schema instanceof z.core.$ZodNonOptional) {
    const inner = decoderOf(schema._zod.def.innerType, path)
    const decode = (found: unknown) => (found === undefined ? missing() : inner.decode(found))
    return { ...inner, nullable: acceptsNull(inner), decode: checked(decode, checks, inner.type) }
  }
  throw withoutColumn(schema, path)
}

/** Compiles an object: the struct's fields in declared order, and one function that reads them all. */
export function objectDecoder(schema: z.core.$ZodObject, path: string): ObjectDecoder {
  // Plain JavaScript, or a cast, may pass what is no object.
  if (!(schema instanceof z.core.$ZodObject)) throw withoutColumn(schema, path)
  const { shape, catchall } = schema._zod.def
  const names = Object.keys(shape)
  checkFieldNames(names, path)
  if (names.length === 0) throw unmappable(path, 'an object without fields', 'a struct needs at least one')
  const strict = catchall instanceof z.core.$ZodNever
  if (catchall !== undefined && !strict && !(catchall instanceof z.core.$ZodUnknown)) {
    throw unmappable(path, 'an object with a catchall', 'declare the fields, or use z.record(z.string(), …)')
  }
  const members = names.map(name => decoderOf(shape[name] as z.core.$ZodType, path === '' ? name : `${path}.${name}`))
  const fields = names.map((name, i): StructField => {
    const { type, nullable } = members[i] as Decoder
    const comment = descriptionOf(shape[name] as z.core.$ZodType)
    return { name, type, nullable, ...(comment === undefined ? {} : { metadata: { comment } }) }
  })
  const named = names.map((name, i): ContractField => {
    return { name, aliases: aliasesOf(shape[name] as z.core.$ZodType), inside: members[i]?.inside }
  })
  checkAliases(named, path)
  const read = structReader(
    named,
    members.map(member => member.decode),
  )
  const stores = members.map(member => member.store)
  const known = new Set(named.flatMap(({ name, aliases }) => [name, ...aliases]))
  const decode = (found: unknown): unknown => {
    if (!isObject(found)) return wrongType(found, 'an object')
    if (strict) {
      const extra = Object.keys(found).find(name => !known.has(name))
      if (extra !== undefined)
        return new ValidationIssue('FIELD_VALUE', 'is not a field of the contract, which is strict', extra)
    }
    return read(found)
  }
  // Spark holds a required field against a null struct around it, and refuses one in an array: only columns are required.
  const type: StructType = { type: 'struct', fields: fields.map(field => ({ ...field, nullable: true })) }
  return {
    type,
    fields,
    named,
    inside: { kind: 'fields', fields: named },
    strict,
    nullable: false,
    decode: checked(decode, checksOf(schema, false), type),
    store: stores.some(store => store !== undefined) ? structStore(names, stores) : undefined,
    exact: members.some(member => member.exact),
  }
}

function arrayDecoder(elementSchema: z.core.$ZodType, path: string, checks: Checks | undefined): Decoder {
  const element = decoderOf(elementSchema, `${path}[]`)
  const decode = (found: unknown): unknown => {
    if (!Array.isArray(found)) return wrongType(found, 'an array')
    const values: unknown[] = []
    for (const item of found as readonly unknown[]) {
      const value = element.decode(item)
      if (value instanceof ValidationIssue) return value.inElement(values.length)
      values.push(value)
    }
    return values
  }
  const { store, inside } = element
  const type: DataType = { type: 'array', elementType: element.type, containsNull: element.nullable }
  return {
    type,
    nullable: false,
    decode: checked(decode, checks, type),
    store: store === undefined ? undefined : output => (output as unknown[]).map(store),
    exact: element.exact,
    inside: inside && { kind: 'items', each: inside },
  }
}

function recordDecoder(schema: z.core.$ZodRecord, path: string, checks: Checks | undefined): Decoder {
  const { keyType, valueType } = schema._zod.def
  if (!(keyType instanceof z.core.$ZodString)) {
    throw unmappable(path, 'a z.record() whose keys are not z.string()', 'use z.object() for known names')
  }
  const key = decoderOf(keyType, `${path}{key}`)
  const value = decoderOf(valueType, `${path}{}`)
  const decode = (found: unknown): unknown => {
    if (!isObject(found)) return wrongType(found, 'an object')
    const entries: [unknown, unknown][] = []
    for (const [name, item] of Object.entries(found)) {
      const k = key.decode(name)
      if (k instanceof ValidationIssue) return k.inField(name)
      const v = value.decode(item)
      if (v instanceof ValidationIssue) return v.inField(name)
      entries.push([k, v])
    }
    return Object.fromEntries(entries as [string, unknown][])
  }
  const storeValue = value.store ?? (v => v as Value)
  const type: DataType = { type: 'map', keyType: 'string', valueType: value.type, valueContainsNull: value.nullable }
  return {
    type,
    nullable: false,
    decode: checked(decode, checks, type),
    store: output => Object.entries(output as object).map(([k, v]) => ({ key: k, value: storeValue(v) })),
    exact: value.exact,
    inside: value.inside && { kind: 'values', each: value.inside },
  }
}

function nullStore(store: Decoder['store']): (output: unknown) => Value {
  if (store === undefined) return output => (output ?? null) as Value
  return output => (output === null || output === undefined ? null : store(output))
}

function acceptsNull(decoder: Decoder): boolean {
  return !(decoder.decode(null) instanceof ValidationIssue)
}

/** What `.describe()` says of a schema, or of what it wraps. */
export function descriptionOf(schema: z.core.$ZodType): string | undefined {
  const description = z.globalRegistry.get(schema)?.description
  if (description !== undefined) return description
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType
  return inner === undefined ? undefined : descriptionOf(inner)
}
