import { ParquetError } from '../base/index.js'

/**
 * The binary encoding of variants (Parquet's VariantEncoding.md): the parts of a value in its bytes. Every length and
 * offset is checked against the bytes that there are.
 */

/** The lower two bits of a value's first byte. */
export const basicTypes = { primitive: 0, shortString: 1, object: 2, array: 3 } as const

/** The types of primitive values, by the number in the upper six bits of the first byte. */
export const primitives = {
  null: 0,
  true: 1,
  false: 2,
  int8: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  decimal4: 8,
  decimal8: 9,
  decimal16: 10,
  date: 11,
  timestamp: 12,
  timestampNtz: 13,
  float: 14,
  binary: 15,
  string: 16,
  time: 17,
  timestampNanos: 18,
  timestampNtzNanos: 19,
  uuid: 20,
} as const

/** A variant that is null, which is not the same as no variant. */
export const variantNull = Uint8Array.of(primitives.null << 2)

/** Containers in one another; the decoders call themselves for each. */
export const maxDepth = 1000

/** Bytes after the first one of each primitive whose length is always the same, by its number. */
const primitiveBytes: readonly (number | undefined)[] = [
  0,
  0,
  0,
  1,
  2,
  4,
  8,
  8,
  5,
  9,
  17,
  4,
  8,
  8,
  4,
  undefined,
  undefined,
  8,
  8,
  8,
  16,
]

/** An object or an array: where its parts are. Offsets are within the bytes it was read from. */
export interface VariantContainer {
  readonly kind: 'object' | 'array'
  readonly count: number
  /** Of an object, the number of each field's name in the dictionary. */
  name(i: number): number
  /** Where each part starts. */
  start(i: number): number
  /** Where the parts begin, and one past them. */
  readonly from: number
  readonly to: number
}

/** The parts of the object or array at `at`; undefined when the value there is neither. */
export function variantContainer(bytes: Uint8Array, at: number, end: number): VariantContainer | undefined {
  const header = byteAt(bytes, at, end)
  const basic = header & 3
  if (basic !== basicTypes.object && basic !== basicTypes.array) return undefined
  const isObject = basic === basicTypes.object
  const sizes = header >> 2
  const offsetSize = (sizes & 3) + 1
  const nameSize = isObject ? ((sizes >> 2) & 3) + 1 : 0
  const countSize = (sizes >> (isObject ? 4 : 2)) & 1 ? 4 : 1
  const count = unsigned(bytes, at + 1, countSize, end)
  const names = at + 1 + countSize
  const offsets = names + count * nameSize
  const from = offsets + (count + 1) * offsetSize
  if (from > end) throw corrupt(`it has ${count} parts in ${end - at} bytes`)
  const to = from + unsigned(bytes, offsets + count * offsetSize, offsetSize, end)
  if (to > end) throw corrupt('its parts reach past its end')
  return {
    kind: isObject ? 'object' : 'array',
    count,
    name: i => unsigned(bytes, names + i * nameSize, nameSize, end),
    start: i => from + unsigned(bytes, offsets + i * offsetSize, offsetSize, end),
    from,
    to,
  }
}

/** One past the value that begins at `at`. */
export function variantEnd(bytes: Uint8Array, at: number, end: number): number {
  const header = byteAt(bytes, at, end)
  const container = variantContainer(bytes, at, end)
  if (container !== undefined) return container.to
  const info = header >> 2
  const to = at + 1 + ((header & 3) === basicTypes.shortString ? info : primitiveLength(bytes, at, end, info))
  if (to > end) throw corrupt('a value reaches past its end')
  return to
}

function primitiveLength(bytes: Uint8Array, at: number, end: number, primitive: number): number {
  if (primitive === primitives.binary || primitive === primitives.string) return 4 + unsigned(bytes, at + 1, 4, end)
  const length = primitiveBytes[primitive]
  if (length === undefined) throw corrupt(`it has a value of type ${primitive}, which is not known`)
  return length
}

/** PARQUET_CORRUPT for the caller to throw; `what` completes the sentence and has no full stop. */
export function corrupt(what: string): ParquetError {
  return new ParquetError('PARQUET_CORRUPT', `A variant cannot be read: ${what}.`)
}

/** @throws ParquetError PARQUET_CORRUPT when the byte lies behind the end */
export function byteAt(bytes: Uint8Array, at: number, end: number): number {
  const byte = at < end ? bytes[at] : undefined
  if (byte === undefined) throw corrupt('it ends early')
  return byte
}

/** A number without sign in `size` bytes. @throws ParquetError PARQUET_CORRUPT when it reaches past the end */
export function unsigned(bytes: Uint8Array, at: number, size: number, end: number): number {
  if (at + size > end) throw corrupt('it ends early')
  let value = 0
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number)
  return value
}

/** Bytes that hold a number without sign. */
export function widthOf(greatest: number): number {
  return greatest < 1 << 8 ? 1 : greatest < 1 << 16 ? 2 : greatest < 1 << 24 ? 3 : 4
}
