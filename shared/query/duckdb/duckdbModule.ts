import type * as duckdb from '@duckdb/node-api'

import { namedValues } from '../../types/index.js'
import { QueryError } from './queryError.js'

/** DuckDB's library as this project uses it. */
export type DuckDbModule = typeof duckdb

let loaded: Promise<DuckDbModule> | undefined

/** Loads the native library on first use: functions that run no query never pay for it in their cold start. */
export function loadDuckDb(): Promise<DuckDbModule> {
  loaded ??= import('@duckdb/node-api').then(withNamedEntries).catch((cause: unknown) => {
    loaded = undefined
    throw new QueryError(
      'QUERY_ENGINE_MISSING',
      'DuckDB could not be loaded; install the dependencies for this platform (npm ci, without --omit=optional)',
      { cause },
    )
  })
  return loaded
}

/**
 * The library puts a struct's fields into a plain object, where a field `__proto__` is lost. Its vectors give them by
 * place as well.
 */
function withNamedEntries(module: DuckDbModule): DuckDbModule {
  const { DuckDBStructVector, DuckDBStructValue } = module
  DuckDBStructVector.prototype.getItem = function (this: duckdb.DuckDBStructVector, row: number) {
    if (!this.isItemValid(row)) return null
    const entries = namedValues<duckdb.DuckDBValue>()
    for (const [i, name] of this.type.entryNames.entries()) entries[name] = this.getItemValue(row, i)
    return new DuckDBStructValue(entries)
  }
  return module
}
