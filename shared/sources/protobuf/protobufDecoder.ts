import protobuf from 'protobufjs'

import { namedValues } from '../../types/index.js'
import { UndecodableValue } from '../undecodable.js'
import { maxDepth, ProtobufBytes } from './protobufBytes.js'
import type { ProtobufSchema } from './protobufSchema.js'
import { type Scalar, scalars } from './scalars.js'
import { wellKnown } from './wellKnownTypes.js'

type Found = Record<string, unknown>

/** How the fields of a message are read. */
interface Plan {
  readonly byNumber: Map<number, FieldPlan>
  /** What a field has that is not written, of those that always have something. */
  readonly defaults: () => Found
  readonly convert: ((found: Found) => unknown) | undefined
}

interface FieldPlan {
  readonly name: string
  readonly number: number
  readonly kind: 'single' | 'repeated' | 'map'
  /** Whether not to be written is something else than to have the default. */
  readonly hasPresence: boolean
  readonly scalar: Scalar | undefined
  /** The key's type of a map. */
  readonly key: Scalar | undefined
  readonly message: protobuf.Type | undefined
  /** Names of the other fields of its oneof. */
  readonly others: readonly string[]
}

/**
 * A decoder of what stands behind a schema's id: the indexes of the message, then the message. It becomes what a contract
 * judges: fields by the names of the `.proto` file, whole numbers exact, enums as text, `Timestamp` as `DecodedTime`,
 * wrappers as their value. A field without presence that is not written has its default, one with presence is absent.
 *
 * @returns a function that throws UndecodableValue
 */
export function protobufDecoder(schema: ProtobufSchema): (payload: Uint8Array) => unknown {
  const reader = new MessageReader()
  return payload => {
    const bytes = new ProtobufBytes(payload)
    const indexes = messageIndexes(bytes)
    const type = typeof indexes === 'string' ? undefined : schema.message(indexes)
    if (type !== undefined) return reader.read(type, bytes.rest(), 0)
    if (namesItsMessage(payload)) throw new UndecodableValue(namedMessage)
    throw new UndecodableValue(
      typeof indexes === 'string' ? indexes : `the schema has no message at ${indexes.join(', ')}`,
    )
  }
}

const namedMessage =
  "its message's name stands where its indexes are expected: Apicurio's serializer needs " +
  'apicurio.registry.serde.send-indexes=true and apicurio.registry.serde.send-type-ref=false'

/** Whether a message whose first field is a text is in front, with its length before it: what Apicurio calls a Ref. */
function namesItsMessage([length = 0, tag, textLength = 0]: Uint8Array): boolean {
  return tag === 0x0a && textLength > 0 && length >= textLength + 2
}

/**
 * Zigzag numbers: how many, then each; no bytes but a zero stand for the first message alone.
 * @returns what is wrong with a number of them that is none
 */
function messageIndexes(bytes: ProtobufBytes): readonly number[] | string {
  const count = zigzag(bytes)
  if (count === 0) return [0]
  if (count < 0 || count > maxDepth) return `${count} is no number of message indexes`
  return Array.from({ length: count }, () => zigzag(bytes))
}

function zigzag(bytes: ProtobufBytes): number {
  const value = bytes.varint()
  return Number((value >> 1n) ^ -(value & 1n))
}

class MessageReader {
  readonly #plans = new Map<protobuf.Type, Plan>()

  read(type: protobuf.Type, payload: Uint8Array, depth: number): unknown {
    if (depth > maxDepth) throw new UndecodableValue(`messages are nested more than ${maxDepth} deep`)
    const { byNumber, defaults, convert } = this.#planOf(type)
    const bytes = new ProtobufBytes(payload)
    const found = defaults()
    /** A message may come in pieces, which are one behind the other. */
    const pieces = new Map<FieldPlan, Uint8Array[]>()
    while (!bytes.isAtEnd) {
      const tag = bytes.uint32()
      const [number, wireType] = [Math.floor(tag / 8), tag & 7]
      const field = byNumber.get(number)
      if (field === undefined) bytes.skip(wireType, number)
      else {
        for (const other of field.others) Reflect.deleteProperty(found, other)
        for (const one of pieces.keys()) if (field.others.includes(one.name)) pieces.delete(one)
        inField(field.name, () => {
          this.#readField(field, { bytes, wireType, found, pieces }, depth)
        })
      }
    }
    for (const [{ name, message }, parts] of pieces) {
      const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts)
      if (message !== undefined && whole !== undefined)
        found[name] = inField(name, () => this.read(message, whole, depth + 1))
    }
    return convert === undefined ? found : convert(found)
  }

  #readField(
    field: FieldPlan,
    {
      bytes,
      wireType,
      found,
      pieces,
    }: {
      readonly bytes: ProtobufBytes
      readonly wireType: number
      readonly found: Found
      readonly pieces: Map<FieldPlan, Uint8Array[]>
    },
    depth: number,
  ): void {
    const { name, number, scalar, message } = field
    if (message !== undefined || field.kind === 'map') {
      const payload = wireType === 3 ? bytes.group(number) : lengthDelimited(bytes, wireType)
      if (field.kind === 'map') this.#readEntry(field, payload, found[name] as Found, depth)
      else if (message !== undefined && field.kind === 'repeated')
        (found[name] as unknown[]).push(this.read(message, payload, depth + 1))
      else pieces.set(field, [...(pieces.get(field) ?? []), payload])
      return
    }
    if (scalar === undefined) return
    if (field.kind === 'repeated') {
      const items = found[name] as unknown[]
      if (wireType === 2 && scalar.wireType !== 2) {
        const packed = new ProtobufBytes(bytes.bytes())
        while (!packed.isAtEnd) items.push(scalar.read(packed))
      } else items.push(readScalar(scalar, bytes, wireType))
    } else found[name] = readScalar(scalar, bytes, wireType)
  }

  #readEntry({ key, scalar, message }: FieldPlan, payload: Uint8Array, entries: Found, depth: number): void {
    const bytes = new ProtobufBytes(payload)
    let name: unknown = key?.byDefault
    let value: unknown = message === undefined ? scalar?.byDefault : undefined
    while (!bytes.isAtEnd) {
      const tag = bytes.uint32()
      if (tag >> 3 === 1 && key !== undefined) name = readScalar(key, bytes, tag & 7)
      else if (tag >> 3 !== 2) bytes.skip(tag & 7, Math.floor(tag / 8))
      else if (message !== undefined) value = this.read(message, lengthDelimited(bytes, tag & 7), depth + 1)
      else if (scalar !== undefined) value = readScalar(scalar, bytes, tag & 7)
    }
    entries[String(name)] = value ?? (message && this.read(message, new Uint8Array(), depth + 1))
  }

  #planOf(type: protobuf.Type): Plan {
    const known = this.#plans.get(type)
    if (known !== undefined) return known
    const fields = type.fieldsArray.map(fieldPlan)
    const always = fields.filter(({ kind, scalar, hasPresence }) => kind !== 'single' || (scalar && !hasPresence))
    const defaults = (): Found => {
      const found = namedValues<unknown>()
      for (const { name, kind, scalar } of always)
        found[name] = kind === 'map' ? namedValues() : kind === 'repeated' ? [] : scalar?.byDefault
      return found
    }
    const byNumber = new Map(fields.map(field => [field.number, field]))
    const plan = { byNumber, defaults, convert: wellKnown.get(type.fullName) }
    this.#plans.set(type, plan)
    return plan
  }
}

function fieldPlan(field: protobuf.Field): FieldPlan {
  const resolved = field.resolvedType
  const scalar = resolved instanceof protobuf.Enum ? enumScalar(resolved) : scalars.get(field.type)
  return {
    name: field.name,
    number: field.id,
    kind: field instanceof protobuf.MapField ? 'map' : field.repeated ? 'repeated' : 'single',
    hasPresence: field.hasPresence,
    scalar,
    key: field instanceof protobuf.MapField ? scalars.get(field.keyType) : undefined,
    message: resolved instanceof protobuf.Type ? resolved : undefined,
    others: field.partOf?.fieldsArray.flatMap(one => (one === field ? [] : [one.name])) ?? [],
  }
}

/** An enum's value by its name; one that the schema does not name stays a number. */
function enumScalar({ valuesById, values }: protobuf.Enum): Scalar {
  const first = Object.values(values)[0] ?? 0
  const named = (value: number) => valuesById[value] ?? value
  return {
    wireType: 0,
    byDefault: named(valuesById[0] === undefined ? first : 0),
    read: bytes => named(Number(BigInt.asIntN(32, bytes.varint()))),
  }
}

function readScalar(scalar: Scalar, bytes: ProtobufBytes, wireType: number): unknown {
  if (wireType !== scalar.wireType)
    throw new UndecodableValue(`it has the wire type ${wireType}, expected ${scalar.wireType}`)
  return scalar.read(bytes)
}

function lengthDelimited(bytes: ProtobufBytes, wireType: number): Uint8Array {
  if (wireType !== 2) throw new UndecodableValue(`it has the wire type ${wireType}, expected 2`)
  return bytes.bytes()
}

function inField<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof UndecodableValue ? error.inField(name) : error
  }
}
