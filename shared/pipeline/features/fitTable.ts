import type { NamedFeature } from '../../contract/index.js'
import { type CategoryCounts, countedColumns, type Feature, fitFeatures } from '../../models/index.js'
import { type DuckDbSession, identifier } from '../../query/index.js'

/**
 * Fits a stream's features to the rows of a relation: which categories there are, and how frequent.
 *
 * @param relation a table or view of the session, as it stands in SQL
 */
export async function fitTable(
  session: DuckDbSession,
  relation: string,
  specs: readonly NamedFeature[],
): Promise<readonly Feature[]> {
  const { n } = await session.row(`SELECT count(*) AS n FROM ${relation}`)
  const counts = new Map<string, CategoryCounts>()
  for (const column of countedColumns(specs)) {
    const most = Math.max(...specs.map(spec => ('most' in spec && spec.column === column ? spec.most : 0)))
    const { rows } = await session.query(`
      SELECT CAST(${identifier(column)} AS VARCHAR) AS category, count(*) AS n FROM ${relation}
      WHERE ${identifier(column)} IS NOT NULL GROUP BY ALL ORDER BY n DESC, category LIMIT ${most}`)
    counts.set(column, new Map(rows.map(row => [row['category'] as string, Number(row['n'])])))
  }
  return fitFeatures(specs, counts, Number(n))
}
