import { unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Rows } from '../../delta/index.js'
import { encodeParquet } from '../../parquet/index.js'
import { type Column, parseJson } from '../../types/index.js'
import { type DuckDbSession, isNode, namedIn, parquetFiles, syntaxTree } from '../duckdb/index.js'
import { copyFields, normalizedCopySql } from './normalizedCopy.js'

/** The column that holds a row's place among those staged; no name that a table's column would have. */
export const rowPlace = '__lake_row'

/** Rows in memory as a relation, as long as it is not disposed of. */
export interface StagedRows extends AsyncDisposable {
  /** A complete SELECT of the columns wanted and {@link rowPlace}. */
  readonly sql: string
}

let staged = 0

/**
 * Stages rows for DuckDB, exactly as they are, in a local Parquet file: the fastest way into it, and the one that
 * supports every type. Columns that are not wanted are left out.
 */
export async function stageRows(
  session: DuckDbSession,
  rows: Rows,
  isWanted: (name: string) => boolean,
): Promise<StagedRows> {
  const columns = rows.columns.filter(({ field }) => isWanted(field.name.toLowerCase()))
  const stored = columns.filter(({ field }) => field.type !== 'void')
  const count: Column = { field: { name: 'rows', type: 'integer', nullable: false }, data: new Int32Array(rows.count) }
  const written = copyFields(stored.map(({ field }) => field)).map((field, i): Column => ({
    field,
    data: stored[i]?.data ?? [],
  }))
  const path = join(session.folder, `rows-${++staged}.parquet`)
  await writeFile(
    path,
    encodeParquet(written.length === 0 ? [count] : written, {
      codec: 'uncompressed',
      packed: false,
      statistics: false,
    }),
  )
  const fields = columns.map(({ field }) => field)
  const from = parquetFiles([path], ['file_row_number = true'])
  return {
    sql: `SELECT ${[...normalizedCopySql(fields), `file_row_number AS ${rowPlace}`].join(', ')} FROM ${from}`,
    [Symbol.asyncDispose]: () => unlink(path),
  }
}

/** Which columns a query can mean, in lower case; every one when the parser does not take it apart. */
export async function namedColumns(session: DuckDbSession, query: string): Promise<(name: string) => boolean> {
  const json = parseJson(await syntaxTree(session, query))
  return isNode(json) && json['error'] === false ? namedIn(json) : () => true
}
