import type { TableShape } from '../../contract/tables.js'
import type { DataType, StructField } from '../../parquet/dataType.js'

/** One row per run of the monitor and table. */
export const monitorTable: TableShape = {
  path: 'monitor_logs',
  description: 'Freshness, lateness, lag, accounting and health of every table, run by run.',
  schema: {
    type: 'struct',
    fields: [
      field('run_time', 'timestamp', 'When the monitor looked (UTC).'),
      field('table_name', 'string', 'As SQL names it, bronze.events.'),
      field('stream', 'string', 'The stream the table belongs to.'),
      field('layer', 'string', 'bronze, silver, gold (scored) or summary.'),
      field('status', 'string', 'OK, LATE, STALE or DEGRADED.'),
      field('reason', 'string', 'Why, in words.'),
      field('table_version', 'long', 'The version looked at.'),
      field('newest_event_time', 'timestamp', 'The newest event in the table.'),
      field('freshness_seconds', 'double', 'run_time − newest_event_time.'),
      field('queryable_p50_seconds', 'double', 'From event to committed row, rows added since the last run: median.'),
      field('queryable_p99_seconds', 'double', 'The same, 99th percentile.'),
      field('last_commit_seconds', 'double', 'Since the newest version was committed.'),
      field('rows_added', 'long', 'Since the last run.'),
      field('rows_total', 'long', 'Since the beginning.'),
      field('late_count', 'long', 'Rows added since the last run whose events were later than the contract allows.'),
      field('stale_count', 'long', 'Rows added since the last run whose events were older than FRESHNESS_STALE when ingested.'),
      field('lag', 'long', 'Offsets in Kafka that bronze does not cover yet.'),
      field('max_partition_lag', 'long', 'The same of the partition that lags most.'),
      field('seconds_to_drain', 'double', 'lag over the rate since the last run; null when nothing moves.'),
      field('received', 'long', 'Records taken in since the beginning.'),
      field('redelivered', 'long', 'Of those, seen before and dropped.'),
      field('valid', 'long', 'Rows without an error.'),
      field('quarantined', 'long', 'Rows with one.'),
      field('tombstones', 'long', 'Rows of records without a value.'),
      field('missing_offsets', 'long', 'Offsets that Kafka had deleted before they were read.'),
      field('natural_holes', 'long', 'Offsets that never carried a record.'),
      field('covered_span', 'long', 'Offsets covered.'),
      field('inserted', 'long', 'Rows silver took over.'),
      field('duplicates', 'long', 'Valid rows silver left out as duplicates.'),
      field('anomalies', 'long', 'Rows scored as anomalies.'),
      field('identity_closed', 'boolean', 'Whether everything is accounted for.'),
      field('identity', 'string', 'The sums, or what is wrong with them.'),
      field('rejections', 'string', 'Rejected records by code, as JSON, zeros too.'),
      field('expectations', 'string', 'Failed expectations by name, as JSON, zeros too.'),
      field('files', 'long', 'Data files.'),
      field('small_files', 'long', 'Of those, smaller than 16 MiB.'),
      field('bytes', 'long', 'Bytes of the data files.'),
      field('versions_since_checkpoint', 'long', 'Commits a reader must replay.'),
    ],
  },
  partitionColumns: [],
}

function field(name: string, type: DataType, comment: string): StructField {
  return { name, type, nullable: true, metadata: { comment } }
}
