import { columnKey, isJsonObject } from '../../types/index.js'
import { parseLogJson } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { type TableState, writerFeaturesOf } from '../protocol/index.js'
import { allFields } from '../schema/index.js'
import type { Expressions } from './expressions.js'
import type { Rows } from './rows.js'
import { rowText } from './rowText.js'

/** A condition that every row of a table meets. */
export interface Constraint {
  readonly kind: 'check' | 'invariant'
  /** A check's own name; an invariant's column. */
  readonly name: string
  /** In Spark's SQL. */
  readonly sql: string
}

const checkPrefix = 'delta.constraints.'
const invariantKey = 'delta.invariants'

/**
 * The constraints that writers of the table must enforce: its checks and the invariants of its columns, each where the
 * protocol has them (PROTOCOL.md, "CHECK Constraints", "Column Invariants").
 */
export function tableConstraints(
  { protocol, metadata, schema }: Pick<TableState, 'protocol' | 'metadata' | 'schema'>,
  where?: LogPlace,
): readonly Constraint[] {
  const enforced = new Set(writerFeaturesOf(protocol))
  const constraints: Constraint[] = []
  if (enforced.has('checkConstraints')) {
    for (const [key, sql] of Object.entries(metadata.configuration)) {
      if (key.startsWith(checkPrefix)) constraints.push({ kind: 'check', name: key.slice(checkPrefix.length), sql })
    }
  }
  if (enforced.has('invariants')) {
    for (const { path, field } of allFields(schema)) {
      const text = field.metadata?.[invariantKey]
      if (text !== undefined)
        constraints.push({ kind: 'invariant', name: columnKey(path), sql: invariantSql(text, path, where) })
    }
  }
  return constraints
}

function invariantSql(text: unknown, path: readonly string[], where: LogPlace | undefined): string {
  const json = typeof text === 'string' ? parseLogJson(text, where) : undefined
  const outer = isJsonObject(json) ? json['expression'] : undefined
  const sql = isJsonObject(outer) ? outer['expression'] : undefined
  if (typeof sql === 'string') return sql
  throw new DeltaError(
    'DELTA_BAD_SCHEMA',
    `column ${columnKey(path)} has ${invariantKey} without an expression: ${String(text).slice(0, 80)}`,
    { where },
  )
}

/**
 * @param rows all columns of the table
 * @param rowsBefore rows that came before, for the message
 * @throws DeltaError DELTA_CONSTRAINT_VIOLATED, naming the constraint and the row, when one of the rows makes one of
 * them false or null
 */
export async function requireConstraints(
  constraints: readonly Constraint[],
  expressions: Expressions,
  rows: Rows,
  { where, rowsBefore = 0 }: { readonly where?: LogPlace | undefined; readonly rowsBefore?: number | undefined } = {},
): Promise<void> {
  if (rows.count === 0) return
  for (const { kind, name, sql } of constraints) {
    const met = await expressions.test(rows, sql, 'spark')
    const row = met.indexOf(0)
    if (row < 0) continue
    const what = kind === 'check' ? `CHECK constraint ${name}` : `the invariant of column ${name}`
    throw new DeltaError(
      'DELTA_CONSTRAINT_VIOLATED',
      `${what} (${sql}) is violated by row ${rowsBefore + row + 1} of those written: ${rowText(rows, row)}`,
      {
        where,
        data: { constraint: name, expression: sql, row: rowsBefore + row + 1 },
      },
    )
  }
}
