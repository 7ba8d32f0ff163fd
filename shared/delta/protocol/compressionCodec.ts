/**
 * How a table's properties want its data files and checkpoints compressed: `delta.parquet.compression.codec`, zstd
 * without it.
 */
export function compressionCodec(configuration: Readonly<Record<string, string>>): 'zstd' | 'snappy' | 'uncompressed' {
  const name = configuration['delta.parquet.compression.codec']?.toLowerCase()
  return name === 'snappy' || name === 'uncompressed' ? name : 'zstd'
}
