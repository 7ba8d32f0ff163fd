import type { ByteBuffer } from '../base/index.js'
import type { Encoding } from '../hyparquetInternals.js'
import { appendDeltas, packable } from './deltaBinaryPacked.js'
import { appendByLength } from './deltaLengthByteArray.js'
import type { PhysicalValues } from './physicalValues.js'
import { appendPlain } from './plainEncoding.js'
import { appendRuns, bitWidth } from './rleHybrid.js'

/** How the values of a chunk are encoded in its pages. */
export interface ValueEncoder {
  readonly encoding: Encoding
  /** About how many bytes a value takes, uncompressed. */
  readonly width: number
  append(out: ByteBuffer, from: number, to: number): void
}

/** Values one after another, which every reader knows (Parquet's Encodings.md, PLAIN). */
export function plainEncoder(physical: PhysicalValues): ValueEncoder {
  return {
    encoding: 'PLAIN',
    width: plainWidth(physical),
    append: (out, from, to) => {
      appendPlain(out, physical, from, to)
    },
  }
}

/**
 * Differences of whole numbers, lengths before strings; undefined where values are better plain.
 * @param doubles the values as numbers, where they are 64-bit integers that numbers can hold
 */
export function packedEncoder(physical: PhysicalValues, doubles: Float64Array | undefined): ValueEncoder | undefined {
  if (physical.values.length === 0) return undefined
  const width = plainWidth(physical)
  switch (physical.kind) {
    case 'int32':
    case 'int64': {
      const values = physical.kind === 'int32' ? physical.values : doubles
      if (values === undefined || values.length < 2 || !packable(values)) return undefined
      return {
        encoding: 'DELTA_BINARY_PACKED',
        width,
        append: (out, from, to) => {
          appendDeltas(out, values, from, to)
        },
      }
    }
    case 'text':
    case 'encodedText':
    case 'encodedBytes':
    case 'bytes':
      return {
        encoding: 'DELTA_LENGTH_BYTE_ARRAY',
        width,
        append: (out, from, to) => {
          appendByLength(out, physical, from, to)
        },
      }
    default:
      return undefined
  }
}

/** Places in a dictionary of `size` values. */
export function indexEncoder(indexes: Int32Array, size: number, packed: boolean): ValueEncoder {
  const width = bitWidth(size - 1)
  return {
    // One layout with two names: the first version of the format knows only the second.
    encoding: packed ? 'RLE_DICTIONARY' : 'PLAIN_DICTIONARY',
    width: width / 8,
    append: (out, from, to) => {
      out.appendByte(width)
      appendRuns(out, indexes, from, to, width)
    },
  }
}

function plainWidth(physical: PhysicalValues): number {
  switch (physical.kind) {
    case 'encodedText':
    case 'encodedBytes':
      return 4 + (physical.values.ends.at(-1) ?? 0) / Math.max(1, physical.values.length)
    case 'text':
    case 'bytes': {
      let total = 0
      const values: readonly { readonly length: number }[] = physical.values
      for (let i = 0; i < values.length; i++) total += values[i]?.length ?? 0
      return 4 + total / Math.max(1, values.length)
    }
    case 'fixed':
      return physical.width
    case 'boolean':
      return 1 / 8
    default:
      return physical.values.BYTES_PER_ELEMENT
  }
}
