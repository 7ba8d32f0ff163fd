import { CodedError } from '../../errors.js'

/** Everything that can go wrong with a query, as a closed list. */
export const queryErrorCodes = [
  /** The DuckDB library could not be loaded. */
  'QUERY_ENGINE_MISSING',
  /** DuckDB refused the statement: syntax, unknown column, wrong type. */
  'QUERY_BAD_SQL',
  /** The statement failed while it ran. */
  'QUERY_FAILED',
  'QUERY_OUT_OF_MEMORY',
  /** The disk of the temporary folder is full. */
  'QUERY_DISK_FULL',
  /** The files that one query needs do not fit the temporary folder's limit. */
  'QUERY_CACHE_TOO_SMALL',
  /** A data file that the table's log names is missing, or does not match the log. */
  'QUERY_FILE_MISSING',
  /** An expression of Spark's SQL has a part whose meaning would not be the same here. */
  'QUERY_UNSUPPORTED_EXPRESSION',
  'QUERY_NO_TABLE',
] as const

/** The `code` of a {@link QueryError}. */
export type QueryErrorCode = (typeof queryErrorCodes)[number]

/** A query's surprise. */
export class QueryError extends CodedError<QueryErrorCode> {}

const remedies: readonly (readonly [pattern: RegExp, code: QueryErrorCode, remedy: string])[] = [
  [
    /^Out of Memory Error/,
    'QUERY_OUT_OF_MEMORY',
    ' (raise the memory limit of queries, or the space of the temporary folder)',
  ],
  [
    /No space left on device|Disk quota exceeded/i,
    'QUERY_DISK_FULL',
    ' (the disk of the temporary folder is full: make room on it, or name another folder in TEMP_FOLDER)',
  ],
  [/^(Parser|Binder|Catalog|Syntax) Error/, 'QUERY_BAD_SQL', ''],
]

/** What DuckDB threw, with the code for its first words. */
export function asQueryError(thrown: unknown): QueryError {
  if (thrown instanceof QueryError) return thrown
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).replace(
    /^Failed to extract statements: /,
    '',
  )
  const [, code, remedy] = remedies.find(([pattern]) => pattern.test(message)) ?? [
    undefined,
    'QUERY_FAILED' as const,
    '',
  ]
  return new QueryError(code, message.trimEnd() + remedy, { cause: thrown })
}

/** What writing a temporary file threw: a full disk as what it is, anything else as it came. */
export function temporaryFileFault(thrown: unknown, file: string): unknown {
  const isFull = thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')
  return isFull ? asQueryError(new Error(`Cannot write ${file}: ${thrown.message}`, { cause: thrown })) : thrown
}
