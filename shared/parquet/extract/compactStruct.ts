import { ByteBuffer, corruptFile, fromZigzag } from '../base/index.js'

/** A value in Thrift's compact protocol as it is on the wire: what is not understood is passed on unchanged. */
export type CompactValue = boolean | number | Uint8Array | CompactList | CompactStruct

/** A list, with the wire's type of its items. */
export interface CompactList {
  readonly itemType: number
  readonly items: readonly CompactValue[]
}

interface CompactField {
  readonly type: number
  readonly value: CompactValue
}

/** A struct: its fields by their ids, in the order in which they are written. */
export class CompactStruct {
  readonly fields: ReadonlyMap<number, CompactField>

  constructor(fields: ReadonlyMap<number, CompactField>) {
    this.fields = fields
  }

  /** The same with some fields replaced (those that it lacks stay away), and some left out (undefined). */
  with(changes: Readonly<Record<number, CompactValue | undefined>>): CompactStruct {
    const fields = new Map<number, CompactField>()
    for (const [id, { type, value }] of this.fields) {
      const changed = Object.hasOwn(changes, id) ? changes[id] : value
      if (changed !== undefined) fields.set(id, { type, value: changed })
    }
    return new CompactStruct(fields)
  }

  /** Undefined when the field is absent or no number. */
  number(id: number): number | undefined {
    const value = this.fields.get(id)?.value
    return typeof value === 'number' ? value : undefined
  }

  bytes(id: number): Uint8Array | undefined {
    const value = this.fields.get(id)?.value
    return value instanceof Uint8Array ? value : undefined
  }

  struct(id: number): CompactStruct | undefined {
    const value = this.fields.get(id)?.value
    return value instanceof CompactStruct ? value : undefined
  }

  /** The structs of a list; none when it is absent. */
  structs(id: number): readonly CompactStruct[] {
    return this.list(id)?.items.filter(item => item instanceof CompactStruct) ?? []
  }

  /** The list with other items. */
  listOf(id: number, items: readonly CompactValue[]): CompactList | undefined {
    const list = this.list(id)
    return list && { itemType: list.itemType, items }
  }

  list(id: number): CompactList | undefined {
    const value = this.fields.get(id)?.value
    return typeof value === 'object' && 'items' in value ? value : undefined
  }
}

const wire = {
  true: 1,
  false: 2,
  byte: 3,
  short: 4,
  int: 5,
  long: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
}
const deepest = 64

/** @throws ParquetError PARQUET_CORRUPT for what is no struct, or has parts that Parquet does not use */
export function decodeCompact(bytes: Uint8Array): CompactStruct {
  return new Decoder(bytes).struct(0)
}

/** The bytes of a struct; those of a struct decoded from the shortest form are the same again. */
export function encodeCompact(struct: CompactStruct): Uint8Array {
  const out = new ByteBuffer(4096)
  encodeStruct(out, struct)
  return out.bytes()
}

class Decoder {
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  struct(depth: number): CompactStruct {
    if (depth > deepest) throw corruptFile('Its footer is nested too deep.')
    const fields = new Map<number, CompactField>()
    let id = 0
    for (let head = this.#byte(); head !== 0; head = this.#byte()) {
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4)
      const type = head & 15
      const value = type === wire.true || type === wire.false ? type === wire.true : this.#value(type, depth)
      fields.set(id, { type, value })
    }
    return new CompactStruct(fields)
  }

  #value(type: number, depth: number): CompactValue {
    switch (type) {
      // In a list a boolean is a byte of its own.
      case wire.true:
      case wire.false:
      case wire.byte:
        return this.#byte()
      case wire.short:
      case wire.int:
      case wire.long:
        return this.#zigzag()
      case wire.double:
        return this.#take(8)
      case wire.binary:
        return this.#take(this.#varint())
      case wire.list:
      case wire.set:
        return this.#list(depth + 1)
      case wire.struct:
        return this.struct(depth + 1)
      default:
        throw corruptFile(`Its footer has a part of the unknown type ${type}.`)
    }
  }

  #list(depth: number): CompactList {
    if (depth > deepest) throw corruptFile('Its footer is nested too deep.')
    const head = this.#byte()
    const count = head >> 4 === 15 ? this.#varint() : head >> 4
    const itemType = head & 15
    // Every item has a byte at least.
    if (count > this.#bytes.length - this.#at) throw cutOff()
    return { itemType, items: Array.from({ length: count }, () => this.#value(itemType, depth)) }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw cutOff()
    return byte
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw cutOff()
    return this.#bytes.subarray(this.#at, (this.#at += length))
  }

  #varint(): number {
    let [value, scale] = [0, 1]
    for (let byte = this.#byte(); ; byte = this.#byte()) {
      value += (byte & 0x7f) * scale
      if (!Number.isSafeInteger(value)) throw corruptFile('Its footer has a number beyond 2^53.')
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  #zigzag(): number {
    return fromZigzag(this.#varint())
  }
}

function encodeStruct(out: ByteBuffer, { fields }: CompactStruct): void {
  let before = 0
  for (const [id, { type, value }] of fields) {
    const kind = typeof value === 'boolean' ? (value ? wire.true : wire.false) : type
    const step = id - before
    if (step > 0 && step < 16) out.appendByte((step << 4) | kind)
    else {
      out.appendByte(kind)
      out.appendSigned(id)
    }
    before = id
    if (typeof value !== 'boolean') encodeValue(out, type, value)
  }
  out.appendByte(0)
}

function encodeValue(out: ByteBuffer, type: number, value: CompactValue): void {
  if (value instanceof CompactStruct) encodeStruct(out, value)
  else if (value instanceof Uint8Array) {
    if (type === wire.binary) out.appendVarint(value.length)
    out.append(value)
  } else if (typeof value === 'object') {
    const count = value.items.length
    out.appendByte((Math.min(count, 15) << 4) | value.itemType)
    if (count >= 15) out.appendVarint(count)
    for (const item of value.items) encodeValue(out, value.itemType, item)
  } else if (typeof value === 'number') {
    if (type === wire.short || type === wire.int || type === wire.long) out.appendSigned(value)
    else out.appendByte(value)
  }
}

function cutOff(): Error {
  return corruptFile('Its footer is cut off.')
}
