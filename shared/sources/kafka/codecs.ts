import { gunzipSync, gzipSync, constants } from 'node:zlib'
import * as zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { SourceError } from '../sourceError.js'
import { lz4Compress, lz4Decompress } from './lz4.js'
import { snappyCompress, snappyDecompress } from './snappy.js'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** By the numbers in a record batch's attributes: the position is the number. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export type Compression = (typeof compressions)[number]

interface Codec {
  compress(bytes: Uint8Array): Buffer
  decompress(bytes: Buffer): Buffer
}

const codecs: Readonly<Record<Exclude<Compression, 'none'>, Codec>> = {
  gzip: {
    compress: (bytes) => gzipSync(bytes, { level: constants.Z_BEST_SPEED }),
    decompress: (bytes) => gunzipSync(bytes),
  },
  snappy: { compress: snappyCompress, decompress: snappyDecompress },
  lz4: { compress: lz4Compress, decompress: lz4Decompress },
  zstd: {
    compress: (bytes) => zstd().zstdCompressSync(bytes),
    decompress: (bytes) => zstd().zstdDecompressSync(bytes),
  },
}

/**
 * @param id the low three bits of a record batch's attributes
 * @throws SourceError `SOURCE_CODEC_MISSING`, `SOURCE_CORRUPT`
 */
export function decompress(id: number, bytes: Buffer): Buffer {
  const name = compressions[id]
  if (name === 'none') return bytes
  if (name === undefined) {
    throw new SourceError('SOURCE_CODEC_MISSING', `Records are compressed with codec ${id}, which this version does not know.`)
  }
  try {
    return codecs[name].decompress(bytes)
  } catch (cause) {
    if (cause instanceof SourceError) throw cause
    throw new SourceError('SOURCE_CORRUPT', `Records compressed with ${name} cannot be decompressed.`, { cause })
  }
}

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
  decompress: (bytes: Buffer) => Promise.resolve(codec.decompress(bytes)),
})

function zstd(): typeof zlib {
  if (typeof zlib.zstdDecompressSync === 'function') return zlib
  throw new SourceError('SOURCE_CODEC_MISSING', `Zstandard needs Node 22.15 or newer; this is ${process.version}.`)
}
