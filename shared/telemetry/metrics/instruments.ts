/** What is measured: its name and unit as OpenTelemetry has them (UCUM), and what it says. */
export interface Instrument {
  readonly name: string
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly unit: string
  readonly description: string
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly bounds?: readonly number[]
}

/** As OpenTelemetry's conventions advise for durations of messaging. */
const secondsOfProcessing = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const secondsOfRuns = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800]

/** `messaging.client.consumed.messages`, by topic and consumer group. */
export const consumedMessages: Instrument = {
  name: 'messaging.client.consumed.messages',
  kind: 'counter',
  unit: '{message}',
  description: 'Records that bronze took in.',
}

/** `messaging.process.duration`, by topic and consumer group. */
export const processDuration: Instrument = {
  name: 'messaging.process.duration',
  kind: 'histogram',
  unit: 's',
  description: 'How long a delivery took from trigger to commit.',
  bounds: secondsOfProcessing,
}

/** By table and outcome. */
export const rowsByOutcome: Instrument = {
  name: 'lake.rows',
  kind: 'counter',
  unit: '{row}',
  description: 'Records and rows by what became of them.',
}

/** By step, stream and outcome; its count is the number of runs. */
export const runDuration: Instrument = {
  name: 'lake.run.duration',
  kind: 'histogram',
  unit: 's',
  description: 'How long a run of a step took.',
  bounds: secondsOfRuns,
}

/** By table. */
export const commitDuration: Instrument = {
  name: 'lake.commit.duration',
  kind: 'histogram',
  unit: 's',
  description: 'How long a commit took, from its first put to its version.',
  bounds: secondsOfProcessing,
}

const gauge = (name: string, unit: string, description: string): Instrument => ({
  name,
  kind: 'gauge',
  unit,
  description,
})

/** What the monitor sees, by the column of `monitor_logs`; per table, stream and layer. */
export const monitorGauges: ReadonlyMap<string, Instrument> = new Map([
  ['freshness_seconds', gauge('lake.freshness', 's', 'Age of the newest event in the table.')],
  ['queryable_p95_seconds', gauge('lake.queryable.p95', 's', 'From event to committed row, 95th percentile.')],
  [
    'kafka_queryable_p99_seconds',
    gauge('lake.kafka.queryable.p99', 's', "From Kafka's timestamp to committed row, 99th percentile."),
  ],
  ['lag', gauge('lake.lag.records', '{record}', 'Offsets in the source that bronze does not cover yet.')],
  ['max_partition_lag', gauge('lake.lag.partition.max', '{record}', 'The same of the partition that lags most.')],
  ['seconds_to_drain', gauge('lake.lag.drain', 's', 'How long what waits takes at the present rate.')],
  ['quarantine_backlog', gauge('lake.quarantine.backlog', '{record}', 'Rejected records that nobody has dealt with.')],
  ['quarantine_oldest_seconds', gauge('lake.quarantine.age', 's', 'How long the oldest of them has waited.')],
  ['stopped_partitions', gauge('lake.partitions.stopped', '{partition}', 'Partitions that are not ingested any more.')],
  [
    'missing_offsets',
    gauge('lake.offsets.missing', '{offset}', 'Offsets deleted in the source before they were read.'),
  ],
  ['identity_closed', gauge('lake.reconciled', '1', 'Whether the counts of the table reconcile: 1 or 0.')],
  ['rows_total', gauge('lake.table.rows', '{row}', 'Rows of the table, since the beginning.')],
  ['files', gauge('lake.table.files', '{file}', 'Data files of the table.')],
  ['small_files', gauge('lake.table.small_files', '{file}', 'Of those, smaller than 16 MiB.')],
  ['bytes', gauge('lake.table.size', 'By', 'Bytes of the data files.')],
  ['versions_since_checkpoint', gauge('lake.table.log_tail', '{version}', 'Versions since the last checkpoint.')],
])
