import type { WriteOptions } from '../../delta/index.js'
import { folderOpener, type Lake, sessionOptions } from '../../pipeline/lake/index.js'
import { openExpressions } from '../../query/spark/index.js'

/** Runs a change of a table with the options of every change; SQL is DuckDB's, which is loaded when there is any. */
export async function tableWriting<T>(lake: Lake, work: (options: WriteOptions) => Promise<T>): Promise<T> {
  await using expressions = openExpressions(sessionOptions(lake))
  return await work({ clock: lake.clock, expressions, openFolder: folderOpener(lake.settings) })
}
