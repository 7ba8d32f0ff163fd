import type * as duckdb from '@duckdb/node-api'
import { QueryError } from './queryError.js'

/** DuckDB's library as this project uses it. */
export type DuckDbModule = typeof duckdb

let loaded: Promise<DuckDbModule> | undefined

/** Loads the native library on first use: functions that run no query never pay for it in their cold start. */
export function loadDuckDb(): Promise<DuckDbModule> {
  loaded ??= import('@duckdb/node-api').catch((cause: unknown) => {
    loaded = undefined
    throw new QueryError(
      'QUERY_ENGINE_MISSING',
      'DuckDB could not be loaded; install the dependencies for this platform (npm ci, without --omit=optional)',
      { cause },
    )
  })
  return loaded
}
