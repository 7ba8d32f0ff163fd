import type { ObjectStore } from '../../storage/index.js'
import { ParquetError } from './parquetError.js'
import { type ParquetSource, tailBytes } from './parquetSource.js'

/**
 * An object of a store as a Parquet file. Its tail is read once and kept; a small object is read whole at once.
 *
 * @param size the object's bytes, as the Delta log or a listing gives it
 */
export function objectStoreSource(store: ObjectStore, path: string, size: number): ParquetSource {
  const tailStart = Math.max(0, size - tailBytes)
  let tail: Promise<Uint8Array> | undefined

  async function fetch(start: number, end: number): Promise<Uint8Array> {
    const bytes = await store.get(path, { start, end })
    if (bytes === undefined) {
      throw new ParquetError('PARQUET_MISSING', `Parquet file ${path} is not in ${store.url}. Was it vacuumed?`, {
        data: { file: path, store: store.url },
      })
    }
    if (bytes.length !== end - start) {
      throw new ParquetError(
        'PARQUET_CORRUPT',
        `Parquet file ${path} has fewer bytes than the ${size} it should have.`,
        { data: { file: path, size } },
      )
    }
    return bytes
  }

  return {
    name: path,
    byteLength: size,
    async slice(start, end = size) {
      if (start >= tailStart) {
        tail ??= fetch(tailStart, size)
        const bytes = await tail
        return exact(bytes.subarray(start - tailStart, end - tailStart))
      }
      return exact(await fetch(start, end))
    },
  }
}

function exact(bytes: Uint8Array): ArrayBuffer {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
  return (whole ? bytes.buffer : bytes.slice().buffer) as ArrayBuffer
}
