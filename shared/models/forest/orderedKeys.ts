/** The key of +Infinity: that of a node without a threshold. */
export const infiniteKey = 0x7f80_0000

/**
 * 32-bit floats as whole numbers of 32 bits that compare as the floats do; -0 and 0 are the same. NaN's is any.
 * Replaces the floats in the array's own memory.
 */
export function orderedKeys(floats: Float32Array): Int32Array {
  const keys = new Int32Array(floats.buffer, floats.byteOffset, floats.length)
  for (let i = 0; i < keys.length; i++) {
    // Negative floats have the sign and a magnitude; whole numbers count from the lowest on.
    const bits = keys[i] as number
    keys[i] = bits === -0x8000_0000 ? 0 : bits ^ ((bits >> 31) & 0x7fff_ffff)
  }
  return keys
}

/** The keys between which a feature's thresholds lie: what lies beyond them goes the same way as they do. */
export interface KeyRange {
  readonly lowest: number
  /** One more than the highest. */
  readonly above: number
  /** Whether the difference of two keys in it has 32 bits. */
  readonly isNarrow: boolean
}

/** The ranges of the features that have a threshold. */
export function keyRanges(
  features: number,
  feature: Uint16Array,
  threshold: Int32Array,
): readonly (KeyRange | undefined)[] {
  const lowest = new Float64Array(features).fill(Infinity)
  const highest = new Float64Array(features).fill(-Infinity)
  for (let i = 0; i < threshold.length; i++) {
    const key = threshold[i] as number
    if (key === infiniteKey) continue
    const f = feature[i] as number
    lowest[f] = Math.min(lowest[f] as number, key)
    highest[f] = Math.max(highest[f] as number, key)
  }
  return Array.from(lowest, (least, f) => {
    const above = (highest[f] as number) + 1
    return least === Infinity ? undefined : { lowest: least, above, isNarrow: above - least < 2 ** 31 }
  })
}
