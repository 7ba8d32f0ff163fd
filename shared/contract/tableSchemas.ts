import type { DataType, StructField, StructType } from '../types/index.js'
import type { Stream } from './stream.js'
import { bronzePath, driftPath, scoredPath, silverPath } from './tablePaths.js'

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
    optional('_timestamp', 'timestamp', "Kafka's timestamp of the record, as bronze has it."),
  ]
}

/** A column that is never null, with what it holds. */
export function required(name: string, type: DataType, comment: string): StructField {
  return { name, type, nullable: false, metadata: { comment } }
}

/** A column that may be null, with what it holds. */
export function optional(name: string, type: DataType, comment: string): StructField {
  return { name, type, nullable: true, metadata: { comment } }
}
