import { type ColumnStats, encodeStats, planStats, type StatsColumn, type StatsShape } from '../../delta/index.js'
import { type DuckDbSession, identifier, literal, parquetFiles } from '../duckdb/index.js'

/**
 * The statistics' text of a Parquet file, computed from its rows by SQL: exact least and greatest values and null
 * counts of the columns that the table's properties name. A null struct counts as null for each field inside.
 */
export async function collectFileStats(session: DuckDbSession, localPath: string, table: StatsShape): Promise<string> {
  const plan = planStats(table)
  const terms = plan.columns.flatMap((column, i) => {
    const value = valueSql(column)
    const bounds = column.bounds ? [`min(${value}) AS least${i}`, `max(${value}) AS greatest${i}`] : []
    return [`count(${value}) AS filled${i}`, ...bounds]
  })
  const row = await session.row(
    `SELECT ${['count(*) AS records', ...terms].join(', ')} FROM ${parquetFiles([localPath])}`,
  )
  const numRecords = row['records'] as bigint
  const columns = new Map<string, ColumnStats>(
    plan.columns.map(({ key }, i) => [
      key,
      {
        min: row[`least${i}`] ?? undefined,
        max: row[`greatest${i}`] ?? undefined,
        nullCount: numRecords - (row[`filled${i}`] as bigint),
      },
    ]),
  )
  return encodeStats({ numRecords, columns }, plan)
}

function valueSql({ physicalPath: [column = '', ...inside] }: StatsColumn): string {
  return inside.reduce((struct, field) => `struct_extract(${struct}, ${literal(field)})`, identifier(column))
}
