/**
 * Longs below 2^53 as numbers, from their halves: a Map compares these sooner, and no bigint is made for each row. Others
 * stay bigints, as in {@link longKey}.
 */
export function longReader(data: BigInt64Array): (row: number) => number | bigint | undefined {
  const low = new Uint32Array(data.buffer, data.byteOffset, data.length * 2)
  const high = new Int32Array(data.buffer, data.byteOffset, data.length * 2)
  return row => {
    const number = (high[2 * row + highWord] as number) * 2 ** 32 + (low[2 * row + 1 - highWord] as number)
    return Number.isSafeInteger(number) ? number : data[row]
  }
}

/** Where the upper half of a 64-bit integer lies in memory: 1 on little-endian machines. */
const highWord = new Uint32Array(BigInt64Array.of(1n).buffer)[0] === 1 ? 1 : 0

/** The same of a value by itself. */
export function longKey(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
