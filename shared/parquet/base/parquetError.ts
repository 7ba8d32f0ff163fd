import { CodedError } from '../../errors.js'

/** Everything that can go wrong with a Parquet file, as a closed list. */
export const parquetErrorCodes = [
  /** The bytes are not a Parquet file, or are damaged. */
  'PARQUET_CORRUPT',
  /** There is no such file. */
  'PARQUET_MISSING',
  /** The file uses a part of the format that this reader does not know. */
  'PARQUET_UNSUPPORTED',
  /** The file's column cannot be read as the type that was asked for. */
  'PARQUET_TYPE_MISMATCH',
  /** A value does not fit the column it is written to. */
  'PARQUET_BAD_VALUE',
  /** The columns of one row group do not fit together or do not fit the file's schema. */
  'PARQUET_BAD_SHAPE',
] as const

/** What `code` of a {@link ParquetError} can be. Codes stay the same from version to version, unlike messages. */
export type ParquetErrorCode = (typeof parquetErrorCodes)[number]

/** What went wrong with a Parquet file; the message names the file when it is known, and the column. */
export class ParquetError extends CodedError<ParquetErrorCode> {}
