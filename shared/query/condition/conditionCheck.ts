import { asQueryError, type DuckDbSession, QueryError } from '../duckdb/index.js'
import { emptySelect } from '../scan/index.js'
import { tableAlias } from './conditionColumn.js'
import type { ParsedCondition } from './parsedCondition.js'

/**
 * Checks an SQL condition against a table's columns before any row is read, so that a wrong one is an error even where
 * no file would be read. A number or a string is not a condition: DuckDB would cast it to a boolean, and each but zero
 * would match every row.
 *
 * @throws QueryError QUERY_BAD_SQL that names the condition and what is wrong with it
 */
export async function checkCondition(
  session: DuckDbSession,
  { text: condition, schema, fault }: ParsedCondition,
): Promise<void> {
  const wrong = (why: string, cause?: QueryError) =>
    new QueryError('QUERY_BAD_SQL', `the condition ${condition} ${why}`, { cause, data: { condition } })
  if (condition.trim() === '')
    throw new QueryError('QUERY_BAD_SQL', 'the condition is empty; leave it out when all rows are meant')
  if (fault !== undefined) throw wrong(`is not SQL: ${fault}`)
  // The line's end closes a comment that the condition may end with.
  const typed = (sql: string) =>
    session.columnsOf(`SELECT ${sql} FROM (${emptySelect(schema.fields)}) AS ${tableAlias} WHERE (${condition}\n)`)
  const isBoolean = async (sql: string) => (await typed(sql)).every(column => column.fits('boolean'))
  try {
    if (await isBoolean(`(${condition}\n)`)) return
  } catch (thrown) {
    const error = asQueryError(thrown)
    const name = unknownColumn.exec(error.message)?.[1]
    if (name === undefined) throw wrong(`cannot be evaluated: ${error.message}`, error)
    throw wrong(
      `names ${name}, which is no column; the table has: ${schema.fields.map(field => field.name).join(', ')}`,
      error,
    )
  }
  // NULL, and 'true' as a text, have no type of their own: they are booleans beside one.
  if (await isBoolean(`coalesce((${condition}\n), CAST(NULL AS BOOLEAN))`).catch(() => false)) return
  throw wrong('is not one: it is neither true nor false of a row, but a value; compare it with another')
}

const unknownColumn = /(?:Referenced column|does not have a column named) "([^"]+)"/
