import type { WriteOptions } from '../delta/write/writeOptions.js'
import type { Lake } from '../pipeline/lake/lake.js'
import { sessionOptions } from '../pipeline/lake/openSession.js'
import { folderOpener } from '../pipeline/lake/storeOptions.js'
import { openExpressions } from '../query/spark/expressions.js'

/** Runs a change of a table with what every change is told; SQL is DuckDB's, which is loaded when there is any. */
export async function tableWriting<T>(lake: Lake, work: (options: WriteOptions) => Promise<T>): Promise<T> {
  await using expressions = openExpressions(sessionOptions(lake))
  return await work({ clock: lake.clock, expressions, openFolder: folderOpener(lake.settings) })
}
