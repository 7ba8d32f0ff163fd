import type { Predicate } from '../../delta/index.js'
import {
  columnKey,
  containsType,
  type DataType,
  isStruct,
  type StructField,
  type StructType,
} from '../../types/index.js'
import { parseCondition, sqlPredicate } from '../condition/index.js'
import { type DuckDbSession, identifier, literal, QueryError, sqlType } from '../duckdb/index.js'
import { stubColumn, stubName, type StubScans, stubScans } from './scanNeeds.js'

/** What a statement needs of a table. */
export interface TableNeed {
  /** Names of columns, in the schema's order. */
  readonly columns: readonly string[]
  /** True of every row that counts; undefined when any may. */
  readonly predicate: Predicate | undefined
}

/** The schema of the stubs; no folder of a lake can have this name. */
const stubSchema = '/stubs'

/**
 * Optimizers that stay on while a statement is explained: what they find holds whatever the tables' rows are. The others
 * look at how many there are and which.
 */
const kept = ['expression_rewriter', 'filter_pullup', 'filter_pushdown', 'unused_columns', 'cte_inlining']

/**
 * Empty tables in the place of those that a statement names, to have DuckDB itself say what it would read of them: it
 * binds and optimizes the statement as always, and reads nothing.
 */
export class TableStubs {
  readonly #session: DuckDbSession
  readonly #schemas: StructType[] = []

  constructor(session: DuckDbSession) {
    this.#session = session
  }

  /** A SELECT that has the columns of a table and no rows. @returns it and its place, by which it is asked for */
  async add(schema: StructType): Promise<{ readonly place: number; readonly sql: string }> {
    const place = this.#schemas.push(schema) - 1
    const columns = schema.fields.map(({ type }, i) => ({ type, name: stubColumn(i) }))
    const stored = columns.filter(({ type }) => type !== 'void')
    // A table has a column at least.
    const list = [...stored.map(({ name, type }) => `${name} ${sqlType(type)}`), 'no_column BOOLEAN']
    const table = `${identifier(stubSchema)}.${stubName(place)}`
    await this.#session.run(`CREATE SCHEMA IF NOT EXISTS ${identifier(stubSchema)}`)
    await this.#session.run(`CREATE TABLE ${table} (${list.join(', ')})`)
    const selected = schema.fields.map(
      ({ name, type }, i) => `${type === 'void' ? 'CAST(NULL AS "NULL")' : stubColumn(i)} AS ${identifier(name)}`,
    )
    return { place, sql: `SELECT ${selected.join(', ')} FROM ${table}` }
  }

  /**
   * What the statement needs of the tables at their places; of those that are absent it reads nothing. Undefined when
   * DuckDB does not explain it.
   */
  async needsOf(statement: string): Promise<ReadonlyMap<number, TableNeed> | undefined> {
    const plans = await this.#explained(statement)
    if (plans === undefined) return undefined
    const needs = new Map<number, TableNeed>()
    for (const [place, scans] of stubScans(plans.logical, plans.physical)) {
      const schema = this.#schemas[place]
      if (schema !== undefined) needs.set(place, await this.#need(schema, scans))
    }
    return needs
  }

  async #explained(statement: string): Promise<{ readonly logical: string; readonly physical: string } | undefined> {
    const session = this.#session
    const { before, others } = await session.row(`
      SELECT current_setting('disabled_optimizers') AS before,
        (SELECT string_agg(name, ',') FROM duckdb_optimizers() WHERE name NOT IN (${kept.map(literal).join(', ')})) AS others`)
    try {
      await session.run(`SET disabled_optimizers = ${literal(others as string)}; SET explain_output = 'all'`)
      const { rows } = await session.query(`EXPLAIN (FORMAT JSON) ${statement}`)
      const plan = (key: string) => rows.find(row => row['explain_key'] === key)?.['explain_value']
      const [logical, physical] = [plan('logical_opt'), plan('physical_plan')]
      return typeof logical === 'string' && typeof physical === 'string' ? { logical, physical } : undefined
    } catch (error) {
      // Whatever is wrong with it is said when it runs.
      if (error instanceof QueryError) return undefined
      throw error
    } finally {
      await session.run(
        `SET disabled_optimizers = ${literal(typeof before === 'string' ? before : '')}; RESET explain_output`,
      )
    }
  }

  async #need(schema: StructType, { columns, scans }: StubScans): Promise<TableNeed> {
    const named = schema.fields.filter((_, i) => columns?.has(i) ?? true).map(({ name }) => name)
    const alternatives: Predicate[] = []
    for (const conditions of scans) {
      const predicate = await this.#predicate(schema, conditions)
      if (predicate === undefined) return { columns: named, predicate: undefined }
      alternatives.push(predicate)
    }
    return { columns: named, predicate: alternatives.length === 1 ? alternatives[0] : { op: 'or', of: alternatives } }
  }

  /** What all of the conditions say together. */
  async #predicate(schema: StructType, conditions: readonly string[]): Promise<Predicate | undefined> {
    // A plan shows names of fields as they are, whatever is in them.
    if (!schema.fields.every(({ type }) => hasPlainNames(type))) return undefined
    const renamed: StructType = {
      type: 'struct',
      fields: schema.fields.map((field, i): StructField => ({ ...field, name: stubColumn(i) })),
    }
    const keys = new Map(
      schema.fields.flatMap((field, i) => [...renamedKeys([stubColumn(i)], [field.name], field.type)]),
    )
    const parts: Predicate[] = []
    for (const text of conditions) {
      const condition = await parseCondition(this.#session, text, renamed)
      const { predicate } = await sqlPredicate(this.#session, condition)
      if (predicate !== undefined) parts.push(withKeys(predicate, keys))
    }
    return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : { op: 'and', of: parts }
  }
}

function hasPlainNames(type: DataType): boolean {
  return !containsType(type, part => isStruct(part) && !part.fields.every(({ name }) => /^\w+$/.test(name)))
}

function* renamedKeys(
  renamed: readonly string[],
  path: readonly string[],
  type: DataType,
): Generator<readonly [string, string]> {
  yield [columnKey(renamed), columnKey(path)]
  if (isStruct(type))
    for (const field of type.fields) yield* renamedKeys([...renamed, field.name], [...path, field.name], field.type)
}

function withKeys(predicate: Predicate, keys: ReadonlyMap<string, string>): Predicate {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return { ...predicate, of: predicate.of.map(part => withKeys(part, keys)) }
    case 'not':
      return { ...predicate, of: withKeys(predicate.of, keys) }
    default:
      return { ...predicate, column: keys.get(predicate.column) ?? predicate.column }
  }
}
