import type { WrittenCodec } from '../../parquet/index.js'

/** How a table's properties want its data files compressed: `delta.parquet.compression.codec`, zstd without it. */
export function compressionCodec(configuration: Readonly<Record<string, string>>): WrittenCodec {
  const name = configuration['delta.parquet.compression.codec']?.toLowerCase()
  return name === 'snappy' || name === 'uncompressed' ? name : 'zstd'
}
