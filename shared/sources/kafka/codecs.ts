import { constants as bufferConstants } from 'node:buffer'
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { constants, gunzipSync, gzipSync } from 'node:zlib'

import kafkajs from 'kafkajs'

import { SourceError } from '../sourceError.js'
import { lz4Compress, lz4Decompress, lz4Pieces } from './lz4.js'
import { snappyCompress, snappyDecompress, snappyPieces } from './snappy.js'
import { zstdFrames } from './zstdFrames.js'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** By the numbers in a record batch's attributes: the position is the number. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** A codec by the name that Kafka's `compression.type` has for it. */
export type Compression = (typeof compressions)[number]

interface Codec {
  compress(bytes: Uint8Array): Buffer
  /** Undefined when it comes to more than `limit` bytes. */
  decompress(bytes: Buffer, limit: number): Buffer | undefined
  pieces(bytes: Buffer): Iterable<Buffer> | AsyncIterable<Buffer>
}

const codecs: Readonly<Record<Exclude<Compression, 'none'>, Codec>> = {
  gzip: {
    compress: bytes => gzipSync(bytes, { level: constants.Z_BEST_SPEED }),
    decompress: (bytes, limit) => within(limit, maxOutputLength => gunzipSync(bytes, { maxOutputLength })),
    pieces: bytes => piped(bytes, zlib.createGunzip()),
  },
  snappy: { compress: snappyCompress, decompress: snappyDecompress, pieces: snappyPieces },
  lz4: { compress: lz4Compress, decompress: lz4Decompress, pieces: lz4Pieces },
  zstd: {
    compress: bytes => zstd().zstdCompressSync(bytes),
    decompress: zstdDecompress,
    async *pieces(bytes) {
      for (const frame of zstdFrames(bytes)) yield* piped(frame, zstd().createZstdDecompress())
    },
  },
}

function zstdDecompress(bytes: Buffer, limit: number): Buffer | undefined {
  const { zstdDecompressSync } = zstd()
  const parts: Buffer[] = []
  let left = limit
  for (const frame of zstdFrames(bytes)) {
    const part = within(left, maxOutputLength => zstdDecompressSync(frame, { maxOutputLength }))
    if (part === undefined) return undefined
    left -= part.length
    parts.push(part)
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

function within(limit: number, work: (maxOutputLength: number) => Buffer): Buffer | undefined {
  try {
    // One byte is the least that Node takes for a limit.
    const output = work(Math.max(1, Math.min(limit, bufferConstants.MAX_LENGTH)))
    return output.length > limit ? undefined : output
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw error
  }
}

async function* piped(bytes: Buffer, decompressor: Transform): AsyncGenerator<Buffer> {
  decompressor.end(bytes)
  try {
    for await (const piece of decompressor) yield piece as Buffer
  } finally {
    decompressor.destroy()
  }
}

/**
 * @param id the low three bits of a record batch's attributes
 * @param limit bytes
 * @returns undefined when the bytes come to more than `limit`: they can be had in pieces then
 * @throws SourceError SOURCE_CODEC_MISSING when nothing here can decompress it, SOURCE_CORRUPT for damaged bytes
 */
export function decompress(id: number, bytes: Buffer, limit = Infinity): Buffer | undefined {
  const name = compressions[id]
  if (name === 'none') return bytes
  try {
    return codecOf(id).decompress(bytes, limit)
  } catch (cause) {
    throw damaged(name, cause)
  }
}

/** The same in pieces of at most a few megabytes, without a limit. @throws SourceError */
export async function* decompressInPieces(id: number, bytes: Buffer): AsyncGenerator<Buffer> {
  const name = compressions[id]
  try {
    if (name === 'none') yield bytes
    else yield* codecOf(id).pieces(bytes)
  } catch (cause) {
    throw damaged(name, cause)
  }
}

function codecOf(id: number): Codec {
  const name = compressions[id]
  if (name !== undefined && name !== 'none') return codecs[name]
  throw new SourceError(
    'SOURCE_CODEC_MISSING',
    `Records are compressed with codec ${id}, which this version does not know.`,
  )
}

function damaged(name: Compression | undefined, cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause
  return new SourceError('SOURCE_CORRUPT', `Records compressed with ${name} cannot be decompressed.`, { cause })
}

/** Bytes of a batch's records as a producer writes them; `none` gives the same buffer back. */
export function compress(name: Compression, bytes: Buffer): Buffer {
  return name === 'none' ? bytes : codecs[name].compress(bytes)
}

/** Gives kafkajs's own consumers and producers in this process the codecs it lacks. */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => kafkajsCodec(codecs.snappy)
  CompressionCodecs[CompressionTypes.LZ4] = () => kafkajsCodec(codecs.lz4)
  CompressionCodecs[CompressionTypes.ZSTD] = () => kafkajsCodec(codecs.zstd)
}

const kafkajsCodec = (codec: Codec) => ({
  compress: (encoder: { readonly buffer: Buffer }) => Promise.resolve(codec.compress(encoder.buffer)),
  decompress: (bytes: Buffer) => Promise.resolve(codec.decompress(bytes, Infinity)),
})

function zstd(): typeof zlib {
  if (typeof zlib.zstdDecompressSync === 'function') return zlib
  throw new SourceError('SOURCE_CODEC_MISSING', `Zstandard needs Node 22.15 or newer; this is ${process.version}.`)
}
