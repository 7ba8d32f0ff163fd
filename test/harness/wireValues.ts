/** Bytes as producers with a schema registry write them. */

/** A value behind the id of its schema. */
export function framed(schemaId: number, ...payload: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(5)
  header.writeInt32BE(schemaId, 1)
  return Buffer.concat([header, ...payload])
}

/** Avro's `long`. */
export function avroLong(value: bigint | number): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes: number[] = []
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

/** Avro's `string`. */
export function avroString(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([avroLong(bytes.length), bytes])
}
