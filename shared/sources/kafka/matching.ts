/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes are read inside bounds that the loops keep */
/** Copies `length` bytes from `distance` before `to`; the stretches may overlap, then bytes repeat. */
export function copyMatch(output: Buffer, to: number, distance: number, length: number): void {
  if (length > 32 && distance >= length) {
    output.copyWithin(to, to - distance, to - distance + length)
    return
  }
  for (let from = to - distance, stop = to + length; to < stop;) output[to++] = output[from++]!
}

/** How many bytes are equal at two places, looking no further than `end`. */
export function matchLength(input: Uint8Array, candidate: number, at: number, end: number): number {
  const start = at
  while (at < end && input[candidate] === input[at]) {
    candidate++
    at++
  }
  return at - start
}
