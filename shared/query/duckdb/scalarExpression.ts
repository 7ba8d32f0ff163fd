import type { DuckDBConnection, DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api'

import { isJsonArray, type Json, parseJson } from '../../types/index.js'
import { type DuckDbModule, loadDuckDb } from './duckdbModule.js'
import { asQueryError, QueryError } from './queryError.js'
import { literal } from './sqlText.js'
import { children, isNode, nodesIn, textOf } from './sqlTree.js'

/** What one value came to; `failed` in DuckDB's words. */
export type ExpressionResult =
  { readonly kind: 'value'; readonly bytes: Uint8Array | null } | { readonly kind: 'failed'; readonly why: string }

/** Bounds of an expression's evaluation. */
export interface ExpressionLimits {
  /** Bytes that DuckDB may hold; 256 MiB when absent. */
  readonly memoryLimit?: number | undefined
  /** Milliseconds for one value; 10 seconds when absent. */
  readonly timeLimit?: number | undefined
}

/**
 * One scalar SQL expression over one value, in a DuckDB of its own that reaches nothing: no files, no network, no
 * extensions, no settings. The value has the name that is given; it is text where the expression takes text, else bytes.
 *
 * @example
 * await using fix = await ScalarExpression.open("replace(_value, 'NaN', '0')", '_value')
 * const mended = await fix.evaluate(bytes)
 */
export class ScalarExpression implements AsyncDisposable {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #statement: DuckDBPreparedStatement
  readonly #timeLimit: number
  #isStuck = false

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    statement: DuckDBPreparedStatement,
    timeLimit: number,
  ) {
    this.#instance = instance
    this.#connection = connection
    this.#statement = statement
    this.#timeLimit = timeLimit
  }

  /**
   * @throws QueryError QUERY_BAD_SQL when it is not one scalar expression over that name that gives text, JSON or bytes;
   *   QUERY_FAILED when to prepare it takes too long
   */
  static async open(expression: string, name: string, limits: ExpressionLimits = {}): Promise<ScalarExpression> {
    const duckdb = await loadDuckDb()
    const timeLimit = limits.timeLimit ?? 10_000
    const { instance, connection } = await openLocked(duckdb, limits.memoryLimit ?? 256 * 2 ** 20)
    try {
      await requireScalar(connection, expression)
      // What is constant in it is computed here already.
      const statement = await within(connection, timeLimit, prepare(duckdb, connection, expression, name))
      return new ScalarExpression(instance, connection, statement, timeLimit)
    } catch (error) {
      if (!isTooLong(error)) closeAll(connection, instance)
      throw asQueryError(error)
    }
  }

  /**
   * What the expression gives for a value. What DuckDB says against it is an outcome, as is memory that does not suffice.
   *
   * @throws QueryError QUERY_FAILED when it takes longer than the limit; the expression is then of no more use
   */
  async evaluate(value: Uint8Array): Promise<ExpressionResult> {
    try {
      this.#statement.bindBlob(1, value)
      const rows = (await within(this.#connection, this.#timeLimit, this.#statement.runAndReadAll())).getRows()
      if (rows.length !== 1) return { kind: 'failed', why: `it gives ${rows.length} values` }
      const found = rows[0]?.[0] as { readonly bytes: Uint8Array } | null | undefined
      return { kind: 'value', bytes: found?.bytes.slice() ?? null }
    } catch (error) {
      if (!isTooLong(error)) return { kind: 'failed', why: firstLine(asQueryError(error).message) }
      this.#isStuck = true
      throw error
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    // What still runs would be waited for.
    if (this.#isStuck) return Promise.resolve()
    this.#statement.destroySync()
    closeAll(this.#connection, this.#instance)
    return Promise.resolve()
  }
}

const longestReason = 300

/** DuckDB's first line, without its drawing of where in the statement it is and most of a long value. */
function firstLine(message: string): string {
  const [line = ''] = message.split('\n')
  return line.length > longestReason ? `${line.slice(0, longestReason)}…` : line
}

const tooLong = 'the expression takes longer than'

const isTooLong = (error: unknown) => error instanceof QueryError && error.message.startsWith(tooLong)

/** @throws QueryError QUERY_FAILED after that time, whether or not DuckDB lets itself be interrupted */
async function within<T>(connection: DuckDBConnection, ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      connection.interrupt()
      reject(new QueryError('QUERY_FAILED', `${tooLong} ${ms / 1000} s`))
    }, ms)
  })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function closeAll(connection: DuckDBConnection, instance: DuckDBInstance): void {
  connection.closeSync()
  instance.closeSync()
}

async function openLocked(duckdb: DuckDbModule, memoryLimit: number) {
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.ceil(memoryLimit / 2 ** 20)}MiB`,
    threads: '1',
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true")
  return { instance, connection }
}

/** What a SELECT of one expression and nothing else leaves empty. */
const clauses = ['where_clause', 'group_expressions', 'group_sets', 'having', 'sample', 'qualify', 'modifiers']

/** What an expression may not have in it. */
const refused: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  STAR: '*',
  WINDOW: 'a window function',
  PARAMETER: 'a parameter',
  POSITIONAL_REFERENCE: 'a position',
}

/** By DuckDB's own parser: what it sees is what runs. */
async function requireScalar(connection: DuckDBConnection, expression: string): Promise<void> {
  // The line's end closes a comment that the expression may end with.
  const sql = `SELECT (${expression}\n)`
  const rows = (await connection.runAndReadAll(`SELECT CAST(json_serialize_sql(${literal(sql)}) AS VARCHAR)`)).getRows()
  const tree = parseJson(rows[0]?.[0] as string)
  if (!isNode(tree)) throw notScalar('it cannot be parsed')
  if (tree['error'] === true) throw notScalar(textOf(tree['error_message']))
  const statements = listOf(tree['statements'])
  const [statement] = statements
  if (statements.length !== 1 || !isNode(statement)) throw notScalar('it is more than one statement')
  const node = statement['node'] ?? null
  if (!isNode(node) || node['type'] !== 'SELECT_NODE') throw notScalar('it is no expression')
  const { from_table: from, select_list: selected } = node
  const isBare = isNode(from ?? null) && (from as { type?: Json }).type === 'EMPTY'
  const extra = clauses.filter(name => !isEmpty(node[name]))
  if (!isBare || listOf(selected).length !== 1 || extra.length > 0 || !isEmpty(mapOf(node['cte_map'])))
    throw notScalar('it has parts of a query beside the expression')
  for (const part of nodesIn(selected)) {
    const what = refused[textOf(part['class'])]
    if (what !== undefined) throw notScalar(`it has ${what} in it`)
  }
  if (listOf(selected).some(one => isNode(one) && one['function_name'] === 'row' && children(one).length > 1))
    throw notScalar('it is several expressions')
}

const listOf = (json: Json | undefined) => (isJsonArray(json ?? null) ? (json as readonly Json[]) : [])
const mapOf = (json: Json | undefined) => (isNode(json ?? null) ? (json as { map?: Json }).map : undefined)
const isEmpty = (json: Json | undefined) =>
  json === undefined || json === null || (listOf(json).length === 0 && isJsonArray(json))

function notScalar(why: string): QueryError {
  return new QueryError('QUERY_BAD_SQL', `The expression is not one scalar SQL expression: ${why}.`)
}

/** Over text if it takes text, else over bytes. */
async function prepare(
  duckdb: DuckDbModule,
  connection: DuckDBConnection,
  expression: string,
  name: string,
): Promise<DuckDBPreparedStatement> {
  const { VARCHAR, BLOB } = duckdb.DuckDBTypeId
  const over = async (input: string) => {
    const of = (wrapped: string) =>
      `SELECT ${wrapped} FROM (SELECT (${expression}\n) AS v FROM (SELECT ${input} AS ${name}))`
    const probe = await connection.prepare(of('v'))
    const type = probe.columnTypeId(0)
    const typeName = probe.columnType(0).toString()
    probe.destroySync()
    if (type !== VARCHAR && type !== BLOB) {
      throw new QueryError(
        'QUERY_BAD_SQL',
        `The expression gives ${typeName}, and not text, JSON or bytes; to_json(…) makes text of any value.`,
      )
    }
    return connection.prepare(of(type === BLOB ? 'v' : 'encode(CAST(v AS VARCHAR))'))
  }
  try {
    return await over('decode(CAST($1 AS BLOB))')
  } catch (error) {
    if (error instanceof QueryError) throw error
    // Its own words are of the expression as it is mostly meant.
    return over('CAST($1 AS BLOB)').catch(() => {
      throw error
    })
  }
}
