import { asError, CodedError } from '../../errors.js'
import { ParquetError } from './parquetError.js'
import type { ParquetSource } from './parquetSource.js'

/** Runs reads of a file; errors about damage then name the file. */
export async function named<T>(source: ParquetSource, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw inFile(source, error)
  }
}

/**
 * Whatever the decoders throw means damage, except what the source itself throws and errors that are more specific
 * already.
 */
export function inFile(source: ParquetSource, thrown: unknown): Error {
  const error = asError(thrown)
  const file = source.name ?? 'this file'
  if (error instanceof ParquetError) {
    if (error.data['file'] !== undefined) return error
    const data = { ...error.data, file }
    return new ParquetError(error.code, `Parquet file ${file}: ${error.message}`, { data, cause: error.cause })
  }
  if (error instanceof CodedError) return error
  return new ParquetError('PARQUET_CORRUPT', `Parquet file ${file} cannot be read: ${error.message}`, {
    data: { file },
    cause: error,
  })
}

/** What is wrong with a file, which {@link inFile} names. */
export function corruptFile(message: string): ParquetError {
  return new ParquetError('PARQUET_CORRUPT', message)
}
