import type { DataType, StructField, StructType } from '../types/index.js'
import type { Stream } from './stream.js'

/** The tables of a stream, as structures. */

/** What a table is created from, and what one that exists is compared with. */
export interface TableSpec {
  /** Folder in the lake, as `bronze/events`. */
  readonly path: string
  readonly description: string
  readonly schema: StructType
  readonly partitionColumns: readonly string[]
}

/** Where in Kafka a row of any layer comes from, and so which record's it is. */
export const lineage = ['_topic', '_generation', '_partition', '_offset'] as const

/** Every record once, good or bad. Underscore columns first: statistics cover the first 32 columns. */
export function bronzeSchema(stream: Stream): StructType {
  return {
    type: 'struct',
    fields: [
      required('_partition', 'integer', "The record's partition."),
      required('_offset', 'long', "The record's offset."),
      optional(
        '_timestamp',
        'timestamp',
        "Kafka's timestamp of the record; null when it is outside the years 1 to 9999.",
      ),
      required('_ingested_at', 'timestamp', 'When the record was read into bronze.'),
      required('_topic', 'string', "The record's topic."),
      required('_generation', 'integer', 'Incarnation of the topic, raised by `lake reset-offsets`.'),
      optional('_error_code', 'string', 'Why the record was rejected; null when it is valid.'),
      optional('_error_path', 'string', 'The field, or the expectation, that was the reason.'),
      optional('_error_message', 'string', 'The reason in words.'),
      optional('_key', 'binary', "The record's key, exact bytes."),
      optional('_value', 'binary', "The record's value, exact bytes; null is a tombstone."),
      optional('_headers', 'string', 'The headers as JSON [[key, base64]…], in order.'),
      ...stream.columns.map(column => ({ ...column, nullable: true })),
      optional('_ingest_date', 'date', 'Day of _ingested_at (UTC).'),
    ],
  }
}

/** By day of ingestion: a rejected record has no event time. */
export const bronzePartitionColumns: readonly string[] = ['_ingest_date']

/** Bronze of a stream: the trigger's and the catch-up's table, and the source of silver. */
export function bronzeTable(stream: Stream): TableSpec {
  return {
    path: bronzePath(stream),
    description: `Every record of topic ${stream.topic} once, good or bad.`,
    schema: bronzeSchema(stream),
    partitionColumns: bronzePartitionColumns,
  }
}

/** Valid events, each key once. */
export function silverSchema(stream: Stream): StructType {
  return { type: 'struct', fields: [...silverColumns(stream), eventDate] }
}

/** By day of event time. */
export const silverPartitionColumns: readonly string[] = ['_event_date']

/** Silver of a stream: the source of the scored table. */
export function silverTable(stream: Stream): TableSpec {
  return {
    path: silverPath(stream),
    description: `Valid events of ${stream.name}, each ${stream.key} once.`,
    schema: silverSchema(stream),
    partitionColumns: silverPartitionColumns,
  }
}

/** Silver's rows with the model's verdict. */
export function scoredSchema(stream: Stream): StructType {
  return {
    type: 'struct',
    fields: [
      ...silverColumns(stream),
      optional('score', 'double', "The model's score."),
      optional('is_anomaly', 'boolean', 'Whether the score is above the threshold.'),
      optional('model_name', 'string', 'The model that scored.'),
      optional('model_version', 'string', "The model's version."),
      optional('model_digest', 'string', "SHA-256 of the model's file."),
      optional('scored_at', 'timestamp', 'When it was scored.'),
      eventDate,
    ],
  }
}

/** By day of event time, as silver. */
export const scoredPartitionColumns: readonly string[] = ['_event_date']

/** Gold of a stream, row by row: the source of the summary. */
export function scoredTable(stream: Stream): TableSpec {
  return {
    path: scoredPath(stream),
    description: `Events of ${stream.name} with the model's score.`,
    schema: scoredSchema(stream),
    partitionColumns: scoredPartitionColumns,
  }
}

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

/** How far the rows of a day are from those that their model was trained on: a row per column of its input, and of the scores. */
export function driftTable(stream: Stream): TableSpec {
  return {
    path: driftPath(stream),
    description: `How far events of ${stream.name} are from those their model was trained on, per day and column.`,
    schema: {
      type: 'struct',
      fields: [
        required('window_start', 'timestamp', 'Beginning of the window of a day of event time (UTC).'),
        required('window_end', 'timestamp', 'Its end, which is not part of it.'),
        required('model_name', 'string', 'The model that scored the rows.'),
        required('model_version', 'string', "The model's version."),
        required('column_name', 'string', "A column of the model's input, or score."),
        required('type', 'string', 'numeric: compared in ten bins of training; discrete: value by value.'),
        required('n', 'long', 'Rows compared, drawn from those of the day.'),
        required('psi', 'double', 'Population stability index.'),
        required('psi_limit', 'double', 'What the index exceeds once in a thousand times without drift; at least 0.1.'),
        optional('ks', 'double', 'Kolmogorov–Smirnov statistic, of numeric columns.'),
        optional('ks_p', 'double', 'How probable such a statistic is without drift.'),
        required('js', 'double', 'Jensen–Shannon distance, from 0 to 1.'),
        optional('breached', 'boolean', 'Whether psi is above psi_limit; null while the day is not over.'),
        optional('_window_date', 'date', 'Day of window_start (UTC).'),
      ],
    },
    partitionColumns: driftPartitionColumns,
  }
}

/** By day of the window's beginning. */
export const driftPartitionColumns: readonly string[] = ['_window_date']

/** Folder of bronze, relative to the lake's root. */
export function bronzePath(stream: Pick<Stream, 'name'>): string {
  return `bronze/${stream.name}`
}

/** Folder of silver, relative to the lake's root. */
export function silverPath(stream: Pick<Stream, 'name'>): string {
  return `silver/${stream.name}`
}

/** Folder of the scored table, relative to the lake's root. */
export function scoredPath(stream: Pick<Stream, 'name'>): string {
  return `gold/${stream.name}_scored`
}

/** Folder of the summary, relative to the lake's root. */
export function summaryPath(stream: Pick<Stream, 'name'>): string {
  return `gold/${stream.name}_summary`
}

/** Folder of the drift table, relative to the lake's root. */
export function driftPath(stream: Pick<Stream, 'name'>): string {
  return `gold/${stream.name}_drift`
}

/** The SQL name of the view over bronze's open error rows; it has no folder. */
export function quarantineName(stream: Pick<Stream, 'name'>): string {
  return `bronze.${stream.name}_quarantine`
}

/** `bronze/events` as SQL names it, `bronze.events`; a table at the lake's root keeps its name. */
export function sqlName(path: string): string {
  return path.replaceAll('/', '.')
}

/** `bronze.events` as a folder in the lake, `bronze/events`. */
export function tablePath(name: string): string {
  return name.replaceAll('.', '/')
}

const eventDate = optional('_event_date', 'date', 'Day of the event time (UTC).')

function silverColumns(stream: Stream): StructField[] {
  return [
    ...stream.columns,
    required('_topic', 'string', "The record's topic."),
    required('_generation', 'integer', 'Incarnation of the topic.'),
    required('_partition', 'integer', "The record's partition."),
    required('_offset', 'long', "The record's offset."),
    required('_ingested_at', 'timestamp', 'When the record was read into bronze.'),
    required('_late', 'boolean', `Kafka's timestamp − ${stream.eventTime} > ${String(stream.allowedLatenessMs)} ms.`),
  ]
}

function required(name: string, type: DataType, comment: string): StructField {
  return { name, type, nullable: false, metadata: { comment } }
}

/** A column that may be null, with what it holds. */
export function optional(name: string, type: DataType, comment: string): StructField {
  return { name, type, nullable: true, metadata: { comment } }
}
