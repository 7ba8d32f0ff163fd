import { optional, type TableSpec } from '../../contract/index.js'
import type { RunRecord } from '../../telemetry/index.js'
import type { Row } from '../../types/index.js'

/** One row per run of a function or a command: who, when, how much, at what cost, with what outcome. */
export const clusterTable: TableSpec = {
  path: 'cluster_logs',
  description: 'Every run of every function: when, where, what it read and wrote, and what it cost.',
  schema: {
    type: 'struct',
    fields: [
      optional('run_id', 'string', 'A UUID.'),
      optional('step', 'string', 'bronze, silver, gold, monitor or maintenance.'),
      optional('stream', 'string', 'The stream, where the step works on one.'),
      optional('table_name', 'string', 'The table, where the run is about one.'),
      optional('trigger', 'string', 'kafka, eventhubs, timer, http or command.'),
      optional('host', 'string', 'The instance, or the machine.'),
      optional('process_id', 'integer', 'The process on it.'),
      optional('start_time', 'timestamp', 'UTC.'),
      optional('end_time', 'timestamp', 'UTC; of a run that committed, when its last commit was made.'),
      optional('duration_ms', 'long', 'Wall clock.'),
      optional(
        'execution_offset_ms',
        'long',
        'How long its execution had lasted when it began; null for the first run of one, which bears its least time.',
      ),
      optional('rows_in', 'long', 'Rows or records read.'),
      optional('rows_out', 'long', 'Rows written.'),
      optional('bytes_in', 'long', 'Bytes read from storage.'),
      optional('bytes_out', 'long', 'Bytes written to storage.'),
      optional('cpu_ms', 'long', 'CPU time of the process meanwhile.'),
      optional('memory_bytes', 'long', 'Resident memory at the end.'),
      optional('peak_memory_bytes', 'long', 'The most that the process ever had.'),
      optional('storage_reads', 'long', 'Read operations on storage.'),
      optional('storage_writes', 'long', 'Write operations.'),
      optional('storage_lists', 'long', 'Listings.'),
      optional('storage_deletes', 'long', 'Deletions.'),
      optional('estimated_cost_usd', 'double', 'By the prices in the settings.'),
      optional(
        'outcome',
        'string',
        'committed, nothingToDo, conflict, failed, or unfinished for one that was cut off.',
      ),
      optional('table_version', 'long', "The version that the run's last commit made."),
      optional('error_code', 'string', 'Of a run that failed.'),
      optional('error_message', 'string', 'In words.'),
    ],
  },
  partitionColumns: [],
}

/** A run as a row. */
export function clusterRow(run: RunRecord, outcome: string = run.outcome): Row {
  return {
    run_id: run.runId,
    step: run.step,
    stream: run.stream ?? null,
    table_name: run.table ?? null,
    trigger: run.trigger ?? null,
    host: run.host,
    process_id: run.processId,
    start_time: BigInt(Math.round(run.startTime)) * 1000n,
    end_time: BigInt(Math.round(run.endTime)) * 1000n,
    duration_ms: whole(run.durationMs),
    execution_offset_ms: run.executionOffsetMs === undefined ? null : whole(run.executionOffsetMs),
    rows_in: whole(run.rowsIn),
    rows_out: whole(run.rowsOut),
    bytes_in: whole(run.bytesIn),
    bytes_out: whole(run.bytesOut),
    cpu_ms: whole(run.cpuMs),
    memory_bytes: whole(run.memoryBytes),
    peak_memory_bytes: whole(run.peakMemoryBytes),
    storage_reads: whole(run.storageReads),
    storage_writes: whole(run.storageWrites),
    storage_lists: whole(run.storageLists),
    storage_deletes: whole(run.storageDeletes),
    estimated_cost_usd: run.estimatedCostUsd,
    outcome,
    table_version: run.version === undefined ? null : BigInt(run.version),
    error_code: run.errorCode ?? null,
    error_message: run.errorMessage ?? null,
  }
}

const whole = (n: number) => BigInt(Math.round(n))
