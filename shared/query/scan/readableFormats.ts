import { type DuckDbSession, literalList, pathPattern } from '../duckdb/index.js'

/** Codecs that DuckDB decompresses; the framed LZ4 of Hadoop, which Parquet calls LZ4 as such, is not among them. */
const codecs = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI', 'LZ4_RAW']
const encodings = [
  'PLAIN',
  'PLAIN_DICTIONARY',
  'RLE_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'BYTE_STREAM_SPLIT',
]

/**
 * How many columns of local Parquet files are stored in ways that DuckDB does not read, or reads as what they are not. It
 * finds out only while it reads, when it is too late to read them otherwise.
 *
 * Levels that are packed in bits are read as runs. Spark's writer names that encoding for levels that are not there, and
 * has never written others.
 */
export async function countUnreadable(
  session: DuckDbSession,
  files: readonly { readonly path: string }[],
): Promise<number> {
  const paths = literalList(files.map(({ path }) => pathPattern(path)))
  const { unreadable } = await session.row(`
    SELECT count(*) AS unreadable
    FROM parquet_metadata(${paths}) AS c JOIN parquet_file_metadata(${paths}) AS f ON f.file_name = c.file_name
    WHERE c.compression NOT IN (${codecs.map(name => `'${name}'`).join(', ')})
      OR len(list_filter(string_split(c.encodings, ', '), lambda e: e NOT IN (${encodings.map(name => `'${name}'`).join(', ')}))) > 0
      OR (contains(c.encodings, 'BYTE_STREAM_SPLIT') AND c.type NOT IN ('FLOAT', 'DOUBLE'))
      OR (contains(c.encodings, 'BIT_PACKED') AND NOT starts_with(coalesce(f.created_by, ''), 'parquet-mr version 1.'))`)
  return Number(unreadable)
}
