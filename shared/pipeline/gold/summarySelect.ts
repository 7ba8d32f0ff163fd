import {
  scoreQuantiles,
  type Stream,
  summaryGroup,
  summaryGroupName,
  summaryMeasures,
  summaryNumbers,
} from '../../contract/index.js'
import { identifier, sqlType } from '../../query/index.js'
import type { DataType, StructType } from '../../types/index.js'
import { windowMicros, windowOf } from './summaryWindows.js'

/** Columns of the scored table that the summary is made of. */
export function summarisedColumns(stream: Stream, scored: StructType): readonly string[] {
  const group = summaryGroup(stream)
  const wanted = new Set([
    stream.eventTime,
    ...(group === undefined ? [] : [group.name]),
    ...summaryNumbers(stream).map(c => c.name),
    '_late',
    '_ingested_at',
    'score',
    'is_anomaly',
  ])
  return scored.fields.flatMap(({ name }) => (wanted.has(name) ? [name] : []))
}

/**
 * A SELECT of the summary's columns, but for the partition column, out of a relation of scored rows: one row per window
 * and group.
 *
 * @param columns those that the relation has; what is missing counts as null
 */
export function summarySelect(stream: Stream, relation: string, columns: readonly string[]): string {
  const group = summaryGroup(stream)
  const there = new Set(columns)
  const source = (name: string, type: DataType) =>
    there.has(name) ? identifier(name) : `CAST(NULL AS ${sqlType(type)})`
  const groupName = summaryGroupName(stream)
  const measures = summaryNumbers(stream).flatMap(({ name, type }) => {
    const value = source(name, type)
    const of: Record<(typeof summaryMeasures)[number], string> = {
      sum: exactSum(value, type),
      min: `min(${value})`,
      max: `max(${value})`,
      avg: `avg(CAST(${value} AS DOUBLE))`,
      p50: quantile(value, 'p50'),
      p95: quantile(value, 'p95'),
      p99: quantile(value, 'p99'),
    }
    return summaryMeasures.map(measure => `${of[measure]} AS ${identifier(`${name}_${measure}`)}`)
  })
  const grouped =
    group === undefined || groupName === undefined
      ? []
      : [`${source(group.name, group.type)} AS ${identifier(groupName)}`]
  return `
    SELECT make_timestamptz(window_at) AS window_start, make_timestamptz(window_at + ${windowMicros}) AS window_end,
      * EXCLUDE (window_at)
    FROM (
      SELECT ${[
        `${windowOf(stream)} AS window_at`,
        ...grouped,
        'count(*) AS events',
        'count(*) FILTER (_late) AS late',
        'count(score) AS scored',
        'count(*) FILTER (is_anomaly) AS anomalies',
        'CAST(0 AS BIGINT) AS waiting',
        'max(_ingested_at) AS newest_ingested_at',
        ...scoreQuantiles.map(measure => `${quantile('score', measure)} AS score_${measure}`),
        ...measures,
      ].join(', ')}
      FROM ${relation} GROUP BY ALL)`
}

/** Digits beyond which a sum of decimals could leave DuckDB's 38: with fewer, a thousand million of them fit. */
const safePrecision = 28

/**
 * A sum that cannot fail: of long decimals it is made of unscaled integers of any length, and is null where it has more
 * digits than a column can hold. DuckDB would stop the query, and with it the stream, for good.
 */
function exactSum(value: string, type: DataType): string {
  if (typeof type === 'string' || type.type !== 'decimal' || type.precision <= safePrecision) return `sum(${value})`
  const { scale } = type
  const unscaled = `CAST(sum(CAST(replace(CAST(${value} AS VARCHAR), '.', '') AS BIGNUM)) AS VARCHAR)`
  const padded = `regexp_replace(${unscaled}, '^(-?)(\\d+)$', '\\1${'0'.repeat(scale + 1)}\\2')`
  const pointed = scale === 0 ? unscaled : `regexp_replace(${padded}, '(\\d{${scale}})$', '.\\1')`
  return `TRY_CAST(${pointed} AS DECIMAL(38, ${scale}))`
}

const quantilePlace = { p50: 1, p95: 2, p99: 3 } as const

/**
 * The median, or the quantile at 95 or 99 %: asked for together, so that DuckDB, which has all values of a window in memory
 * for them, has them once.
 */
function quantile(value: string, measure: keyof typeof quantilePlace): string {
  return `quantile_cont(CAST(${value} AS DOUBLE), [0.5, 0.95, 0.99])[${quantilePlace[measure]}]`
}
