const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * A UUID (version 4) for a number: always the same for it, another one for each, and without any order, as the ids of
 * real events are. Ascending ones would let statistics tell at once which files a key cannot be in.
 *
 * @param id a whole number from 0 up to 2^53
 */
export function uuidOf(id: number): string {
  let left = Math.floor(id / 2 ** 32) | 0
  let right = id | 0
  // A Feistel network: 64 bits to 64 others, so that no two numbers become one.
  for (let round = 1; round <= 4; round++) [left, right] = [right, left ^ mixed(right, round)]
  const more = mixed(left ^ right, 5)
  const last = mixed(more, 6)
  return `${word(left)}-${half(right >>> 16)}-4${half(more).slice(1)}-${(8 + ((more >>> 16) & 3)).toString(16)}${half(more >>> 18).slice(1)}-${half(right)}${word(last)}`
}

function mixed(value: number, round: number): number {
  let bits = Math.imul(value ^ Math.imul(round, 0x9e3779b9), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}

const byte = (bits: number) => hex[bits & 0xff] as string
const half = (bits: number) => byte(bits >>> 8) + byte(bits)
const word = (bits: number) => half(bits >>> 16) + half(bits)
