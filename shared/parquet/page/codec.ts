import { promisify } from 'node:util'
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompressSync,
  type ZstdOptions,
} from 'node:zlib'

import { ParquetError } from '../base/index.js'
import { type CompressionCodec, decompressLz4, decompressLz4Raw } from '../hyparquetInternals.js'
import { compressSnappy, decompressSnappy } from './snappy.js'

/** The codecs that can be written, as a closed list; more can be read. */
export const writtenCodecs = ['zstd', 'snappy', 'uncompressed'] as const

/** How pages are compressed in files this project writes. */
export type WrittenCodec = (typeof writtenCodecs)[number]

/** The quickest of the levels: bytes are written once by a function that is paid by its time. */
export const defaultZstdLevel = 1

/** The codec's name in a file's metadata. */
export const codecNames = {
  zstd: 'ZSTD',
  snappy: 'SNAPPY',
  uncompressed: 'UNCOMPRESSED',
} as const satisfies Record<WrittenCodec, CompressionCodec>

/** Compresses one page. */
export function compress(codec: WrittenCodec, bytes: Uint8Array, zstdLevel: number): Uint8Array {
  switch (codec) {
    case 'uncompressed':
      return bytes
    case 'snappy':
      return compressSnappy(bytes)
    case 'zstd':
      return zstdCompressSync(bytes, zstdOptions(bytes, zstdLevel))
  }
}

const zstdElsewhere = promisify(zstdCompress) as (bytes: Uint8Array, options: ZstdOptions) => Promise<Buffer>

/** Below this many bytes another thread costs more than it saves. */
const worthThread = 64 * 1024

/**
 * Compresses one page on another thread where that is worth it, so that the next one can be made meanwhile. The bytes
 * are read or copied before this returns: they may change afterwards.
 */
export function compressElsewhere(
  codec: WrittenCodec,
  bytes: Uint8Array,
  zstdLevel: number,
): Uint8Array | Promise<Uint8Array> {
  if (codec === 'zstd' && bytes.length >= worthThread)
    return zstdElsewhere(copied(bytes), { ...zstdOptions(bytes, zstdLevel), pledgedSrcSize: bytes.length })
  const compressed = compress(codec, bytes, zstdLevel)
  return compressed === bytes ? copied(bytes) : compressed
}

/** A buffer's own slice would share its memory. */
function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function zstdOptions({ length }: Uint8Array, level: number): ZstdOptions {
  return {
    params: { [constants.ZSTD_c_compressionLevel]: level },
    // One piece of output: the default of 16 KiB costs a copy and a call for each piece.
    chunkSize: Math.max(64, length + (length >>> 7) + 128),
  }
}

/** The most that a page may hold: a page of one value, as large as any that is written here, is half of it. */
const largestPage = 512 * 1024 * 1024

/**
 * The page as it was, which must have `length` bytes.
 * @throws ParquetError PARQUET_CORRUPT; PARQUET_UNSUPPORTED for a page that would take more memory than a page may
 */
export function decompress(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  if (length > largestPage) {
    throw new ParquetError(
      'PARQUET_UNSUPPORTED',
      `A page of ${bytes.length} bytes holds ${length}, and a page may hold ${largestPage}. Write the file with smaller pages.`,
      { data: { codec, compressed: bytes.length, claimed: length, largest: largestPage } },
    )
  }
  const output = inflate(codec, bytes, length)
  if (output.length !== length) {
    throw new ParquetError('PARQUET_CORRUPT', `A page holds ${output.length} bytes where its header says ${length}.`, {
      data: { codec, expected: length, actual: output.length },
    })
  }
  return output
}

const largestPiece = 16 * 1024 * 1024

/** More than Snappy or LZ4 can shrink anything. */
const maxRatio = 300

function inflate(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  // A damaged length must not decide how much is allocated before the first byte is seen.
  const chunkSize = length <= largestPiece ? Math.max(64, length) : largestPiece
  const limits = { maxOutputLength: Math.max(1, length), chunkSize }
  switch (codec) {
    case 'UNCOMPRESSED':
      return bytes
    case 'ZSTD':
      return zstdDecompressSync(bytes, limits)
    case 'GZIP':
      return gunzipSync(bytes, limits)
    case 'BROTLI':
      return brotliDecompressSync(bytes, limits)
    case 'SNAPPY': {
      checkRatio(codec, bytes, length)
      const output = new Uint8Array(length)
      if (length > 0) decompressSnappy(bytes, output)
      return output
    }
    case 'LZ4':
      checkRatio(codec, bytes, length)
      return decompressLz4(bytes, length)
    case 'LZ4_RAW':
      checkRatio(codec, bytes, length)
      return decompressLz4Raw(bytes, length)
    default:
      throw new ParquetError('PARQUET_UNSUPPORTED', `This reader does not know the codec ${codec}.`, {
        data: { codec },
      })
  }
}

function checkRatio(codec: CompressionCodec, bytes: Uint8Array, length: number): void {
  if (length <= bytes.length * maxRatio + 1024) return
  throw new ParquetError('PARQUET_CORRUPT', `A page of ${bytes.length} bytes claims to hold ${length}.`, {
    data: { codec, compressed: bytes.length, claimed: length },
  })
}
