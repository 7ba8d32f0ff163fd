import type { ProtobufBytes } from './protobufBytes.js'

/** A type that is no message. */
export interface Scalar {
  readonly wireType: 0 | 1 | 2 | 5
  /** What it is where nothing is written. */
  readonly byDefault: unknown
  readonly read: (bytes: ProtobufBytes) => unknown
}

const varint = (of: (value: bigint) => unknown, byDefault: unknown = 0): Scalar => ({
  wireType: 0,
  byDefault,
  read: bytes => of(bytes.varint()),
})
const fixed = (wireType: 1 | 5, of: (bytes: Buffer) => unknown): Scalar => ({
  wireType,
  byDefault: 0,
  read: bytes => of(wireType === 5 ? bytes.fixed32() : bytes.fixed64()),
})
const zigzag = (value: bigint) => (value >> 1n) ^ -(value & 1n)

/** Scalar types by their names in `.proto` files; 64 bits are a number where it holds them exactly. */
export const scalars: ReadonlyMap<string, Scalar> = new Map([
  ['int32', varint(n => Number(BigInt.asIntN(32, n)))],
  ['uint32', varint(n => Number(BigInt.asUintN(32, n)))],
  ['sint32', varint(n => Number(BigInt.asIntN(32, zigzag(n))))],
  ['int64', varint(n => exact(BigInt.asIntN(64, n)))],
  ['uint64', varint(exact)],
  ['sint64', varint(n => exact(zigzag(n)))],
  ['bool', varint(n => n !== 0n, false)],
  ['fixed32', fixed(5, bytes => bytes.readUInt32LE())],
  ['sfixed32', fixed(5, bytes => bytes.readInt32LE())],
  ['float', fixed(5, bytes => bytes.readFloatLE())],
  ['fixed64', fixed(1, bytes => exact(bytes.readBigUInt64LE()))],
  ['sfixed64', fixed(1, bytes => exact(bytes.readBigInt64LE()))],
  ['double', fixed(1, bytes => bytes.readDoubleLE())],
  ['string', { wireType: 2, byDefault: '', read: (bytes: ProtobufBytes) => bytes.string() }],
  ['bytes', { wireType: 2, byDefault: new Uint8Array(), read: (bytes: ProtobufBytes) => bytes.bytes() }],
] satisfies [string, Scalar][])

function exact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
