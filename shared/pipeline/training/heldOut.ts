import type { NamedFeature, Stream } from '../../contract/index.js'
import { type DuckDbSession, identifier } from '../../query/index.js'
import { SessionTable } from '../incremental/index.js'
import {
  type AnomalyColumns,
  type AnomalyKind,
  changedColumns,
  injectedSelect,
  possibleKinds,
} from './injectedAnomalies.js'

/** Rows that nothing was trained on, some of them made anomalies. */
export interface HeldOut {
  /** The raw columns, `draw`, and `anomaly`. */
  readonly table: SessionTable
  readonly columns: readonly string[]
  /** Per row the number of its kind, 0 for a usual one. */
  readonly anomalies: Uint8Array
  readonly kinds: readonly AnomalyKind[]
}

/** One row in fifty is an anomaly, but enough to tell models apart by. */
const anomalyShare = 0.02
const fewestAnomalies = 30

/** Most texts that another is drawn from. */
const maxCategories = 1_000

/**
 * Injects anomalies into rows of the session, of every kind that the features' columns allow.
 *
 * @param relation with the columns and `draw`
 */
export async function injectAnomalies(
  session: DuckDbSession,
  stream: Stream,
  relation: SessionTable,
  features: readonly NamedFeature[],
): Promise<HeldOut> {
  const columns = relation.columns.filter(name => name !== 'draw')
  const changed = await readColumns(session, relation.name, features)
  const rows = await relation.count()
  const kinds = possibleKinds(changed)
  const count = kinds.length === 0 ? 0 : Math.max(fewestAnomalies, Math.round(rows * anomalyShare))
  const select =
    count === 0
      ? `SELECT *, 0 AS anomaly FROM ${relation.name} ORDER BY draw`
      : injectedSelect(stream, relation.name, columns, changed, count)
  const table = await SessionTable.create(session, 'held_out', [...columns, 'draw', 'anomaly'], select)
  const { rows: marks } = await session.query(`SELECT anomaly FROM held_out`)
  return { table, columns, anomalies: Uint8Array.from(marks, row => Number(row['anomaly'])), kinds }
}

async function readColumns(
  session: DuckDbSession,
  relation: string,
  features: readonly NamedFeature[],
): Promise<AnomalyColumns> {
  const { numbers, times, texts } = changedColumns(features)
  const spreads: { column: string; spread: number }[] = []
  for (const column of numbers) {
    const value = `CAST(${identifier(column)} AS DOUBLE)`
    const { spread } = await session.row(
      `SELECT quantile_cont(${value}, 0.99) - quantile_cont(${value}, 0.01) AS spread FROM ${relation}`,
    )
    // Where all numbers are the same, any other is far.
    spreads.push({ column, spread: typeof spread === 'number' && spread > 0 ? spread : 1 })
  }
  const categories: { column: string; categories: readonly string[] }[] = []
  for (const column of texts) {
    const { rows } = await session.query(`
      SELECT CAST(${identifier(column)} AS VARCHAR) AS category FROM ${relation} WHERE ${identifier(column)} IS NOT NULL
      GROUP BY ALL ORDER BY count(*) DESC, category LIMIT ${maxCategories}`)
    categories.push({ column, categories: rows.map(row => row['category'] as string) })
  }
  return { numbers: spreads, times, texts: categories }
}
