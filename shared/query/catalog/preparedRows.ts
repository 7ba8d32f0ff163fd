import type { DuckDbSession, RowStream } from '../duckdb/index.js'
import { isUnread } from './catalogViews.js'
import type { LakeCatalog, PreparedStatement } from './lakeCatalog.js'

/**
 * The rows of a statement that a catalog prepared. One that reads more than its plan said is prepared and begun anew, as
 * long as it has given no row.
 */
export async function preparedRows(
  session: DuckDbSession,
  catalog: LakeCatalog,
  sql: string,
  prepared: PreparedStatement,
): Promise<RowStream> {
  try {
    const { fields, batches } = await session.stream(prepared.sql)
    const rest = batches[Symbol.asyncIterator]()
    const first = await rest.next()
    return { fields, batches: all() }
    async function* all() {
      if (first.done !== true) yield first.value
      yield* { [Symbol.asyncIterator]: () => rest }
    }
  } catch (error) {
    if (!isUnread(error)) throw error
    return session.stream((await catalog.prepare(sql, true)).sql)
  }
}
