import type { Row } from '../../types/index.js'
import { ByteBuffer } from '../base/index.js'
import {
  basicTypes,
  corrupt,
  maxDepth,
  primitives,
  type VariantContainer,
  variantContainer,
  variantEnd,
  widthOf,
} from './variantBytes.js'
import { VariantDictionary, variantName, type VariantNames } from './variantMetadata.js'

/** A field of an object that is being built: its key, and where its value starts, counted from where the object does. */
interface Entry {
  readonly key: string
  readonly offset: number
}

/** What an object or array that is being built knows of itself. */
export interface OpenContainer {
  readonly start: number
  readonly entries: Entry[]
}

const longestShortString = 63
const [longest4, longest8, longest16] = [9, 18, 38].map(digits => 10n ** BigInt(digits)) as [bigint, bigint, bigint]

/**
 * Builds a variant from parts, with a dictionary of the names that it has, in the order in which they came: the bytes
 * that Spark writes for the same parts. Reusable after {@link take}.
 */
export class VariantBuilder {
  readonly #value = new ByteBuffer()
  readonly #names = new VariantDictionary()
  #depth = 0

  /** The variant, and forgets it. */
  take(): Row {
    const value = new Uint8Array(this.#value.bytes())
    const metadata = this.#names.metadata()
    this.clear()
    return { metadata, value }
  }

  /** Forgets what was appended. */
  clear(): void {
    this.#value.clear()
    this.#names.clear()
    this.#depth = 0
  }

  appendBoolean(value: boolean): void {
    this.#primitive(value ? primitives.true : primitives.false)
  }

  /** A whole number, in the fewest bytes that hold it. */
  appendInteger(value: number | bigint): void {
    const long = BigInt(value)
    const bits = ([8, 16, 32] as const).find(width => BigInt.asIntN(width, long) === long) ?? 64
    this.#primitive(
      bits === 8 ? primitives.int8 : bits === 16 ? primitives.int16 : bits === 32 ? primitives.int32 : primitives.int64,
    )
    this.#little(long, bits / 8)
  }

  appendFloat(value: number): void {
    this.#primitive(primitives.float)
    const at = this.#value.reserve(4)
    this.#value.data.writeFloatLE(value, at)
  }

  appendDouble(value: number): void {
    this.#primitive(primitives.double)
    const at = this.#value.reserve(8)
    this.#value.data.writeDoubleLE(value, at)
  }

  appendDecimal(unscaled: bigint, scale: number): void {
    const size = unscaled < 0n ? -unscaled : unscaled
    if (size >= longest16) throw corrupt(`it has a decimal of more than 38 digits`)
    const bytes = scale <= 9 && size < longest4 ? 4 : scale <= 18 && size < longest8 ? 8 : 16
    this.#primitive(bytes === 4 ? primitives.decimal4 : bytes === 8 ? primitives.decimal8 : primitives.decimal16)
    this.#value.appendByte(scale)
    this.#little(unscaled, bytes)
  }

  appendDate(days: number): void {
    this.#primitive(primitives.date)
    this.#little(BigInt(days), 4)
  }

  /** A time of day or a point in time, in its own unit. */
  appendTime(primitive: number, value: bigint): void {
    this.#primitive(primitive)
    this.#little(value, 8)
  }

  appendUuid(bytes: Uint8Array): void {
    this.#primitive(primitives.uuid)
    this.#value.append(bytes)
  }

  appendBinary(bytes: Uint8Array): void {
    this.#primitive(primitives.binary)
    this.#value.appendUint32(bytes.length)
    this.#value.append(bytes)
  }

  /** A text by its bytes in UTF-8. */
  appendString(utf8: Uint8Array): void {
    if (utf8.length <= longestShortString) {
      this.#value.appendByte((utf8.length << 2) | basicTypes.shortString)
    } else {
      this.#primitive(primitives.string)
      this.#value.appendUint32(utf8.length)
    }
    this.#value.append(utf8)
  }

  /** Begins an object or array; its parts are appended next, each after {@link part}. */
  open(): OpenContainer {
    if (++this.#depth > maxDepth) throw corrupt(`it is more than ${maxDepth} levels deep`)
    return { start: this.#value.length, entries: [] }
  }

  /** What is appended next is a part of the container: of an object, the value of the field with this key. */
  part({ start, entries }: OpenContainer, key?: string): void {
    if (key !== undefined) this.#names.add(key)
    entries.push({ key: key ?? '', offset: this.#value.length - start })
  }

  closeArray(container: OpenContainer): void {
    this.#close(container, [], false)
  }

  /** Sorts the fields by name, as readers expect them. */
  closeObject(container: OpenContainer): void {
    const { entries } = container
    entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    for (let i = 1; i < entries.length; i++) {
      const { key } = entries[i] as Entry
      if (key === entries[i - 1]?.key) throw corrupt(`it has two fields ${variantName(key)}`)
    }
    this.#close(
      container,
      entries.map(({ key }) => this.#names.number(key)),
      true,
    )
  }

  /** A value of another variant, whose names are `names`: the one that begins at `at`. */
  appendVariant(names: VariantNames, bytes: Uint8Array, at = 0, end = bytes.length): void {
    const from = variantContainer(bytes, at, end)
    if (from === undefined) {
      this.#value.append(bytes.subarray(at, variantEnd(bytes, at, end)))
      return
    }
    const container = this.open()
    this.#appendParts(container, from, names, bytes)
    if (from.kind === 'array') this.closeArray(container)
    else this.closeObject(container)
  }

  /** The fields of an object, which is a value of another variant; `onKey` sees the key of each before. */
  appendFields(container: OpenContainer, names: VariantNames, object: Uint8Array, onKey: (key: string) => void): void {
    const from = variantContainer(object, 0, object.length)
    if (from?.kind !== 'object') throw corrupt('it has shredded fields beside a value that is no object')
    this.#appendParts(container, from, names, object, onKey)
  }

  #appendParts(
    container: OpenContainer,
    from: VariantContainer,
    names: VariantNames,
    bytes: Uint8Array,
    onKey?: (key: string) => void,
  ): void {
    // Parts that share bytes could make a few bytes into more than memory holds.
    let room = from.to - from.from
    for (let i = 0; i < from.count; i++) {
      const start = from.start(i)
      const end = variantEnd(bytes, start, from.to)
      room -= end - start
      if (room < 0) throw corrupt('its parts overlap')
      const key = from.kind === 'object' ? names.key(from.name(i)) : undefined
      if (key !== undefined) onKey?.(key)
      this.part(container, key)
      this.appendVariant(names, bytes, start, end)
    }
  }

  /** Puts the header in front of the parts. */
  #close({ start, entries }: OpenContainer, ids: readonly number[], isObject: boolean): void {
    this.#depth--
    const count = entries.length
    const size = this.#value.length - start
    const isLarge = count > 255
    const countSize = isLarge ? 4 : 1
    const idSize = widthOf(ids.reduce((most, id) => Math.max(most, id), 0))
    const offsetSize = widthOf(size)
    const header = 1 + countSize + ids.length * idSize + (count + 1) * offsetSize
    this.#value.reserve(header)
    const { data } = this.#value
    data.copyWithin(start + header, start, start + size)
    const sizes = isObject ? (isLarge ? 16 : 0) | ((idSize - 1) << 2) : isLarge ? 4 : 0
    data[start] = ((sizes | (offsetSize - 1)) << 2) | (isObject ? basicTypes.object : basicTypes.array)
    let at = data.writeUIntLE(count, start + 1, countSize)
    for (const id of ids) at = data.writeUIntLE(id, at, idSize)
    for (const { offset } of entries) at = data.writeUIntLE(offset, at, offsetSize)
    data.writeUIntLE(size, at, offsetSize)
  }

  #primitive(primitive: number): void {
    this.#value.appendByte(primitive << 2)
  }

  #little(value: bigint, bytes: number): void {
    const at = this.#value.reserve(bytes)
    const { data } = this.#value
    for (let i = 0, rest = BigInt.asUintN(bytes * 8, value); i < bytes; i++, rest >>= 8n)
      data[at + i] = Number(rest & 255n)
  }
}
