import type { Alert, Signal } from './alert.js'

const bronze = [{ column: 'layer', in: ['bronze'] }] as const
const ofTable = ['stream', 'table_name'] as const

/** The newest row of a table. Rows are older than that only when the monitor does not run, which has an alert. */
function newest(column: string, more: Partial<Signal> = {}): Signal {
  return {
    table: 'monitor_logs',
    dimensions: ofTable,
    amount: { column },
    reading: { kind: 'newest', minutes: 15 },
    fires: 'above',
    ...more,
  }
}

/** Rows of streams that nobody wants to stand still: what a pause makes old, or keeps waiting, is no fault. */
const moving = { column: 'paused', notIn: [true] } as const

/** 1 for a row that is so. */
const marked = (...when: NonNullable<Signal['amount']['when']>) => ({ amount: { when } })

/** Every alert, the worst first. */
export const alerts: readonly Alert[] = [
  {
    name: 'monitor-silent',
    title: 'The monitor does not run',
    severity: 0,
    signal: {
      table: 'monitor_logs',
      dimensions: [],
      amount: {},
      reading: { kind: 'age', minutes: 60 },
      fires: 'above',
    },
    threshold: 'alertMonitorSeconds',
    unit: 'seconds',
    sentence: 'The monitor has not run for {value}: no other alert can be relied on.',
  },
  {
    name: 'offsets-missing',
    title: 'Offsets were deleted before they were read',
    severity: 0,
    signal: newest('newly_missing', {
      where: bronze,
      reading: { kind: 'sum', minutes: 60 },
    }),
    threshold: 'alertMissingOffsets',
    unit: 'number',
    sentence: '{subject}: {value} offsets were deleted in Kafka within an hour before they were read; they are lost.',
  },
  {
    name: 'partition-stopped',
    title: 'A partition is stopped',
    severity: 0,
    signal: newest('stopped_partitions', { where: bronze }),
    threshold: 0,
    unit: 'number',
    sentence: '{subject}: {value} partitions are stopped. {reason}',
  },
  {
    name: 'counts-differ',
    title: 'Counts do not reconcile',
    severity: 0,
    signal: newest('', marked({ column: 'identity_closed', in: [false] })),
    threshold: 0,
    unit: 'number',
    sentence: '{subject}: the counts do not reconcile: {identity}',
  },
  {
    name: 'unreadable',
    title: 'A table or Kafka cannot be read',
    severity: 1,
    signal: newest(
      '',
      marked(
        { column: 'status', in: ['DEGRADED'] },
        { column: 'layer', notIn: ['drift'] },
        { column: 'identity_closed', notIn: [false] },
        { column: 'stopped_partitions', notAbove: 0 },
        { column: 'newly_missing', notAbove: 0 },
        { column: 'model_fault_seconds', notAbove: 0 },
      ),
    ),
    threshold: 0,
    unit: 'number',
    sentence: '{subject} is DEGRADED: {reason}',
  },
  {
    name: 'stale',
    title: 'A table is stale',
    severity: 1,
    signal: newest('freshness_seconds', { where: [moving] }),
    threshold: 'alertStaleSeconds',
    unit: 'seconds',
    sentence: '{subject} is older than {threshold}. {reason}',
  },
  {
    name: 'late',
    title: 'A table is late',
    severity: 3,
    signal: newest('freshness_seconds', { where: [moving] }),
    threshold: 'alertLateSeconds',
    unit: 'seconds',
    sentence: '{subject} is older than {threshold}. {reason}',
  },
  {
    name: 'silence',
    title: 'No data at all',
    severity: 2,
    signal: newest('rows_added', {
      where: [...bronze, moving],
      reading: { kind: 'sum', minutes: 30, whole: true },
      fires: 'below',
    }),
    threshold: 'alertMinRows',
    unit: 'number',
    sentence: '{subject}: {value} records came within 30 min, fewer than {threshold}.',
  },
  {
    name: 'lag',
    title: 'Kafka has more than bronze',
    severity: 2,
    signal: newest('lag', { where: [...bronze, moving] }),
    threshold: 'alertLag',
    unit: 'number',
    sentence: '{subject}: {value} offsets wait in Kafka, more than {threshold}.',
  },
  {
    name: 'slow-drain',
    title: 'The lag takes long to drain',
    severity: 2,
    signal: newest('', {
      where: [...bronze, moving],
      // Nothing moves: as long as a day.
      amount: { column: 'seconds_to_drain', ifNull: 86_400, when: [{ column: 'lag', above: 0 }] },
    }),
    threshold: 'alertDrainSeconds',
    unit: 'seconds',
    sentence: '{subject}: at its pace what waits in Kafka takes {value} to drain, more than {threshold}. {reason}',
  },
  {
    name: 'quarantine-rate',
    title: 'Many records are rejected',
    severity: 2,
    signal: newest('newly_quarantined', {
      where: bronze,
      reading: { kind: 'sum', minutes: 15, per: 'rows_added' },
    }),
    threshold: 'alertQuarantineRate',
    unit: 'share',
    sentence: '{subject}: {value} of the records of 15 min were rejected, more than {threshold}.',
  },
  {
    name: 'quarantine-age',
    title: 'Rejected records wait',
    severity: 3,
    signal: newest('quarantine_oldest_seconds', { where: bronze }),
    threshold: 'alertQuarantineAgeSeconds',
    unit: 'seconds',
    sentence: '{subject}: the oldest record in quarantine waits for {value}, more than {threshold}.',
  },
  {
    name: 'failures',
    title: 'Runs fail',
    severity: 2,
    signal: {
      table: 'cluster_logs',
      dimensions: ['stream', 'step'],
      ...marked({ column: 'outcome', in: ['failed', 'unfinished'] }),
      reading: { kind: 'sum', minutes: 15 },
      fires: 'above',
    },
    threshold: 'alertFailures',
    unit: 'number',
    sentence: '{subject}: {value} runs failed within 15 min, more than {threshold}. {error_message}',
  },
  {
    name: 'retries',
    title: 'Deliveries are repeated',
    severity: 1,
    signal: {
      table: 'cluster_logs',
      dimensions: ['stream', 'step'],
      ...marked({ column: 'outcome', in: ['failed', 'conflict'] }, { column: 'trigger', in: ['kafka', 'eventhubs'] }),
      reading: { kind: 'sum', minutes: 15 },
      fires: 'above',
    },
    threshold: 'alertRetries',
    unit: 'number',
    sentence: '{subject}: a delivery was repeated {value} times within 15 min, more than {threshold}. {error_message}',
  },
  {
    name: 'model-fault',
    title: 'The model cannot score or be renewed',
    severity: 2,
    signal: newest('model_fault_seconds', { where: [{ column: 'layer', in: ['gold'] }, moving] }),
    threshold: 'alertModelSeconds',
    unit: 'seconds',
    sentence: '{subject}: its model has a fault for {value}, longer than {threshold}. {reason}',
  },
  {
    name: 'drift',
    title: 'Events are not like those of the training',
    severity: 3,
    signal: newest('', {
      where: [{ column: 'layer', in: ['drift'] }],
      ...marked({ column: 'status', in: ['DEGRADED'] }),
    }),
    threshold: 0,
    unit: 'number',
    sentence: '{subject}: {reason}',
  },
  {
    name: 'log-growth',
    title: 'A log grows without a checkpoint',
    severity: 2,
    signal: newest('versions_since_checkpoint', { where: [moving] }),
    threshold: 'alertVersionsSinceCheckpoint',
    unit: 'number',
    sentence: '{subject}: {value} versions since the last checkpoint, more than {threshold}.',
  },
  {
    name: 'compaction-behind',
    title: 'Compaction is behind',
    severity: 3,
    signal: newest('small_files', { where: [moving] }),
    threshold: 'alertSmallFiles',
    unit: 'number',
    sentence: '{subject}: {value} files are smaller than 16 MiB, more than {threshold}.',
  },
  {
    name: 'cost',
    title: 'It costs more than expected',
    severity: 3,
    signal: {
      table: 'cluster_logs',
      dimensions: ['stream'],
      amount: { column: 'estimated_cost_usd' },
      reading: { kind: 'sum', minutes: 60 },
      fires: 'above',
    },
    threshold: 'alertCostPerHour',
    unit: 'dollars',
    sentence: '{subject}: its runs cost {value} within an hour, more than {threshold}.',
  },
]
