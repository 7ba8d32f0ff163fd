import type { Expressions, Predicate, Rows, SqlDialect } from '../../delta/index.js'
import type { Column, StructField, StructType, Value } from '../../types/index.js'
import {
  checkCondition,
  parseCondition,
  type ParsedCondition,
  sqlPredicate,
  tableAlias,
  withPlainYears,
} from '../condition/index.js'
import { asQueryError, DuckDbSession, QueryError, type SessionOptions, sqlType } from '../duckdb/index.js'
import { namedColumns, rowPlace, stageRows } from '../scan/index.js'
import { sparkCondition } from './sparkSql.js'

/**
 * Evaluates SQL with DuckDB. Rows passed must have every column that an expression names; types come through exactly,
 * and `t` is the rows' own name. Calls take turns.
 */
export function duckDbExpressions(session: DuckDbSession): Expressions {
  return new SessionExpressions(() => Promise.resolve(session))
}

/**
 * The same with a session of its own, which is opened by the first call.
 *
 * @example
 * await using expressions = openExpressions({ memoryLimit: settings.duckdbMemoryLimit, temporaryFolder: settings.tempFolder })
 * await deleteRows(table, "day < '2025-01-01'", { expressions })
 */
export function openExpressions(options: SessionOptions = {}): Expressions & AsyncDisposable {
  let session: Promise<DuckDbSession> | undefined
  const expressions = new SessionExpressions(() => (session ??= DuckDbSession.open(options)))
  return Object.assign(expressions, {
    async [Symbol.asyncDispose]() {
      await (await session)?.close()
    },
  })
}

interface Wanted {
  readonly field: StructField
  readonly sql: string
}

class SessionExpressions implements Expressions {
  readonly #open: () => Promise<DuckDbSession>
  /** Conditions by their text. */
  readonly #parsed = new Map<string, ParsedCondition>()
  /** By the terms of a query: which columns they name. */
  readonly #named = new Map<string, (name: string) => boolean>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(open: () => Promise<DuckDbSession>) {
    this.#open = open
  }

  test(rows: Rows, condition: string, dialect: SqlDialect = 'own'): Promise<Uint8Array> {
    return this.#inTurn(async session => {
      try {
        const sql =
          dialect === 'spark'
            ? sparkCondition(
                condition,
                rows.columns.map(({ field }) => field),
              )
            : withPlainYears(
                condition,
                rows.columns.map(({ field }) => field),
              )
        // Rewriting may take an overflow out of a condition (`a * 4 > 0` becomes `a > 0`), which to Spark is another one.
        if (dialect === 'spark') await session.run("SET disabled_optimizers = 'expression_rewriter'")
        const schema: StructType = { type: 'struct', fields: rows.columns.map(({ field }) => field) }
        const { columns } = this.#parsed.get(sql) ?? (await this.#parse(session, sql, schema))
        const found = new Uint8Array(rows.count)
        const query = (from: string) => `SELECT ${rowPlace} FROM ${from} WHERE (${sql}\n)`
        await this.#each(session, rows, columns, query, ([place]) => (found[Number(place)] = 1))
        return found
      } catch (error) {
        throw about(`the condition ${condition}`, error)
      } finally {
        if (dialect === 'spark') await session.run("SET disabled_optimizers = ''")
      }
    })
  }

  evaluate(rows: Rows, wanted: readonly Wanted[]): Promise<readonly Column[]> {
    if (wanted.length === 0) return Promise.resolve([])
    return this.#inTurn(async session => {
      try {
        return await this.#evaluate(session, rows, wanted)
      } catch (error) {
        // Evaluated one by one to find out which of them failed.
        for (const one of wanted)
          await this.#evaluate(session, rows, [one]).catch((own: unknown) => Promise.reject(aboutValue(one, own)))
        throw asQueryError(error)
      }
    })
  }

  prune(condition: string, schema: StructType): Promise<Predicate | undefined> {
    const plain = withPlainYears(condition, schema.fields)
    return this.#inTurn(async session => {
      const known = this.#parsed.get(plain)
      const parsed = known?.schema === schema ? known : await this.#parse(session, plain, schema)
      await checkCondition(session, parsed)
      return (await sqlPredicate(session, parsed)).predicate
    })
  }

  async #parse(session: DuckDbSession, condition: string, schema: StructType): Promise<ParsedCondition> {
    const parsed = await parseCondition(session, condition, schema)
    this.#parsed.set(condition, parsed)
    return parsed
  }

  async #evaluate(session: DuckDbSession, rows: Rows, wanted: readonly Wanted[]): Promise<readonly Column[]> {
    const columns = wanted.map(() => new Array<Value>(rows.count).fill(null))
    const terms = wanted.map(
      ({ field, sql }, i) =>
        `CAST((${withPlainYears(sql, [field, ...rows.columns.map(column => column.field)])}\n) AS ${sqlType(field.type)}) AS v${i}`,
    )
    const query = (from: string) => `SELECT ${[rowPlace, ...terms].join(', ')} FROM ${from}`
    const text = query(tableAlias)
    const isNamed = this.#named.get(text) ?? (await namedColumns(session, text))
    this.#named.set(text, isNamed)
    let seen = 0
    await this.#each(session, rows, isNamed, query, ([place, ...values]) => {
      seen++
      values.forEach((value, i) => {
        const column = columns[i]
        if (column !== undefined) column[Number(place)] = value
      })
    })
    if (seen !== rows.count) throw new QueryError('QUERY_BAD_SQL', `it gives ${seen} values for ${rows.count} rows`)
    return wanted.map(({ field }, i) => ({ field, data: columns[i] ?? [] }))
  }

  async #each(
    session: DuckDbSession,
    rows: Rows,
    isNamed: (name: string) => boolean,
    query: (from: string) => string,
    take: (values: readonly Value[]) => void,
  ): Promise<void> {
    await using staged = await stageRows(session, rows, isNamed)
    const { fields, batches } = await session.stream(query(`(${staged.sql}) AS ${tableAlias}`))
    for await (const batch of batches) for (const row of batch) take(fields.map(({ name }) => row[name] ?? null))
  }

  #inTurn<T>(work: (session: DuckDbSession) => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => work(await this.#open()))
    this.#last = result.catch(() => undefined)
    return result
  }
}

function aboutValue({ field, sql }: Wanted, error: unknown): QueryError {
  return about(`the value ${sql} for the column ${field.name}`, error)
}

function about(what: string, thrown: unknown): QueryError {
  const error = asQueryError(thrown)
  // The columns that DuckDB would propose are those passed, not the table's.
  const message = error.message.replace(
    /^Binder Error: Referenced column "([^"]+)" not found[^]*$/,
    'there is no column $1',
  )
  return new QueryError(error.code, `${what} cannot be evaluated: ${message}`, {
    cause: error,
    data: { ...error.data, expression: what },
  })
}
