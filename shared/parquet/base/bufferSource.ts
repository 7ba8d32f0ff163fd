import type { ParquetSource } from './parquetSource.js'

/** Bytes in memory as a Parquet file. */
export function bufferSource(bytes: Uint8Array, name?: string): ParquetSource {
  return {
    name,
    byteLength: bytes.byteLength,
    slice(start, end = bytes.byteLength) {
      return bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + end) as ArrayBuffer
    },
  }
}
