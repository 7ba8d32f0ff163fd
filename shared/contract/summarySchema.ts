import type { DataType, StructField, StructType } from '../types/index.js'
import type { Stream } from './stream.js'
import { summaryPath } from './tablePaths.js'
import { optional, required, type TableSpec } from './tableSchemas.js'

/** How long a window of the summary is. */
export const summaryWindowMs = 300_000

/** The column by which the summary distinguishes its rows within a window: the first string column of `clusterBy`, if there is one. */
export function summaryGroup(stream: Stream): StructField | undefined {
  const strings = stream.clusterBy.flatMap(name => stream.columns.filter(c => c.name === name && c.type === 'string'))
  const [group] = strings.filter(c => c.name !== stream.key)
  return group
}

/** The contract's numbers, each of which the summary has a sum, an average and quantiles of; those of a key mean nothing. */
export function summaryNumbers(stream: Stream): readonly StructField[] {
  const numbers = stream.columns.filter(({ type }) =>
    typeof type === 'string' ? numberTypes.has(type) : type.type === 'decimal',
  )
  return numbers.filter(({ name }) => name !== stream.key)
}

/** What the summary says of a number column, by the ending of the column's name. */
export const summaryMeasures = ['sum', 'min', 'max', 'avg', 'p50', 'p95', 'p99'] as const

/** What the summary says of the scores, by the ending of the column's name. */
export const scoreQuantiles = ['p50', 'p95', 'p99'] as const

/** The group's name in the summary: its own, unless the summary has another column of that name. */
export function summaryGroupName(stream: Stream): string | undefined {
  const group = summaryGroup(stream)
  if (group === undefined) return undefined
  const taken = ownSummaryFields(stream).some(f => f.name.toLowerCase() === group.name.toLowerCase())
  return taken ? `group_${group.name}` : group.name
}

/**
 * The columns that add up to the events that rows of the summary stand for: those in their figures, and those that are
 * not yet.
 */
export const summaryCounts = ['events', 'waiting'] as const

/** One row per window and group: what its events come to. */
export function summarySchema(stream: Stream): StructType {
  const group = summaryGroup(stream)
  const name = summaryGroupName(stream)
  const [start, end, ...rest] = ownSummaryFields(stream)
  const grouped = group === undefined || name === undefined ? [] : [{ ...group, name, nullable: true }]
  const date = optional('_window_date', 'date', 'Day of window_start (UTC).')
  return { type: 'struct', fields: [start, end, ...grouped, ...rest, date] }
}

function ownSummaryFields(stream: Stream): readonly [StructField, StructField, ...StructField[]] {
  return [
    required(
      'window_start',
      'timestamp',
      `Beginning of the window of ${String(summaryWindowMs / 60_000)} minutes of event time.`,
    ),
    required('window_end', 'timestamp', 'Its end, which is not part of it.'),
    required('events', 'long', 'Events in it.'),
    required('late', 'long', 'Those that came late.'),
    required('scored', 'long', 'Those with a score.'),
    required('anomalies', 'long', 'Those whose score is above the threshold.'),
    optional(
      'waiting',
      'long',
      'Further events, mostly late, that are in none of these figures yet: too few of the window for it to be computed again at once.',
    ),
    required('newest_ingested_at', 'timestamp', 'When the newest of them was read into bronze.'),
    ...scoreQuantiles.map(measure => optional(`score_${measure}`, 'double', `${measureWords[measure]} of the scores.`)),
    ...summaryNumbers(stream).flatMap(column =>
      summaryMeasures.map(measure =>
        optional(
          `${column.name}_${measure}`,
          measureType(column.type, measure),
          `${measureWords[measure]} of ${column.name}.`,
        ),
      ),
    ),
  ]
}

/** By day of the window's beginning. */
export const summaryPartitionColumns: readonly string[] = ['_window_date']

/** Gold of a stream, by windows of event time and groups. */
export function summaryTable(stream: Stream): TableSpec {
  const group = summaryGroup(stream)
  return {
    path: summaryPath(stream),
    description: `Events of ${stream.name} per window of time${group === undefined ? '' : ` and ${group.name}`}.`,
    schema: summarySchema(stream),
    partitionColumns: summaryPartitionColumns,
  }
}

const numberTypes: ReadonlySet<string> = new Set(['byte', 'short', 'integer', 'long', 'float', 'double'])

const measureWords = {
  sum: 'Sum',
  min: 'Least',
  max: 'Greatest',
  avg: 'Average',
  p50: 'Median',
  p95: '95th percentile',
  p99: '99th percentile',
} as const

/** A sum is wider than its terms; averages and quantiles are interpolated. */
function measureType(type: DataType, measure: (typeof summaryMeasures)[number]): DataType {
  if (measure === 'min' || measure === 'max') return type
  if (measure !== 'sum' || type === 'float' || type === 'double') return 'double'
  if (typeof type !== 'string') return type.type === 'decimal' ? { ...type, precision: 38 } : 'double'
  return type === 'long' ? { type: 'decimal', precision: 38, scale: 0 } : 'long'
}
