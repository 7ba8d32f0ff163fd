import type { StructField } from '../types/index.js'
import type { Stream } from './stream.js'
import { bronzePath, sqlName } from './tablePaths.js'
import { optional, type TableSpec } from './tableSchemas.js'

/**
 * What became of a quarantined record, as a closed list. `replayed` settles it only while silver holds its row; the
 * others settle it for good.
 */
export const outcomes = ['replayed', 'duplicate', 'purged', 'erased', 'expired'] as const

/** As `_outcome` has it. */
export type Outcome = (typeof outcomes)[number]

/** Outcomes that need nothing in silver to hold. */
export const finalOutcomes: readonly Outcome[] = ['duplicate', 'purged', 'erased', 'expired']

/** Folder of the outcomes of a stream's quarantined records, relative to the lake's root. */
export function resolvedPath(stream: Pick<Stream, 'name'>): string {
  return `${bronzePath(stream)}_quarantine_resolved`
}

/** The SQL name of the view over every stream's outcomes; it has no folder. */
export const resolvedName = 'quarantine_resolved'

/**
 * One row per record and time it was resolved: the newest counts, by `_sequence`. A replayed record's row has what
 * silver has of it, so that a rebuild of silver needs neither today's contract nor the fix to give the same row.
 */
export function resolvedTable(stream: Stream): TableSpec {
  return {
    path: resolvedPath(stream),
    description: `What became of records of ${sqlName(bronzePath(stream))} that had been quarantined.`,
    schema: {
      type: 'struct',
      fields: [...resolvedColumns, ...stream.columns.map((column): StructField => ({ ...column, nullable: true }))],
    },
    partitionColumns: [],
  }
}

const resolvedColumns: readonly StructField[] = [
  optional('_topic', 'string', "The record's topic."),
  optional('_generation', 'integer', 'Incarnation of the topic.'),
  optional('_partition', 'integer', "The record's partition."),
  optional('_offset', 'long', "The record's offset."),
  optional('_outcome', 'string', `${outcomes.join(', ')}.`),
  optional('_fix', 'string', 'The DuckDB expression that mended the value; null when none did.'),
  optional('_by', 'string', 'Who.'),
  optional('_at', 'timestamp', 'When (UTC).'),
  optional('_why', 'string', 'Why, in the words of whoever did it.'),
  optional('_sequence', 'long', 'The order of outcomes: a later one of a record counts instead of an earlier one.'),
  optional('_bronze_id', 'string', 'The id of the bronze table that the record is in.'),
  optional('_ingested_at', 'timestamp', 'When a replayed record was read into bronze.'),
  optional('_late', 'boolean', 'As silver has it.'),
  optional('_timestamp', 'timestamp', "Kafka's timestamp of a replayed record."),
]
