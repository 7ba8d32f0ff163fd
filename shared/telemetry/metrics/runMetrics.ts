import type { LogData } from '../logger.js'
import type { RunListener, WrittenTable } from '../runListener.js'
import type { RunRecord } from '../runRecord.js'
import {
  commitDuration,
  consumedMessages,
  monitorGauges,
  processDuration,
  rowsByOutcome,
  runDuration,
} from './instruments.js'
import type { Attributes, Metrics } from './metrics.js'

/** Where the records of a stream come from. */
export interface MessagingPlace {
  /** `kafka` or `eventhubs`, as OpenTelemetry's conventions name it. */
  readonly system: string
  readonly topic: string
  /** That of the trigger. */
  readonly consumerGroup: string
}

/** Where the records of each stream come from, by its name. */
export type MessagingPlaces = ReadonlyMap<string, MessagingPlace>

/** Measures runs, and what the monitor sees. */
export function measuringListener(metrics: Metrics, places: MessagingPlaces): RunListener {
  return {
    ended(run, written) {
      measureRun(metrics, run, written)
      const place = places.get(run.stream ?? '')
      if (run.step === 'bronze' && place !== undefined) measureMessages(metrics, run, place)
    },
    observed(rows) {
      for (const instrument of monitorGauges.values()) metrics.clear(instrument)
      for (const row of rows) measureTable(metrics, row)
    },
  }
}

/** What OpenTelemetry's conventions say of records that are taken in by a run. */
export function messagingAttributes(run: RunRecord, { system, topic, consumerGroup }: MessagingPlace): Attributes {
  const isTriggered = run.trigger === 'kafka' || run.trigger === 'eventhubs'
  return {
    'messaging.system': system,
    'messaging.destination.name': topic,
    'messaging.consumer.group.name': isTriggered ? consumerGroup : undefined,
  }
}

function measureRun(metrics: Metrics, run: RunRecord, written: WrittenTable | undefined): void {
  const { step, stream, outcome, errorCode, durationMs, endTime } = run
  const about = { 'lake.step': step, 'lake.stream': stream, outcome, 'error.type': errorCode }
  metrics.add(runDuration, about, durationMs / 1000, endTime)
  if (written === undefined) return
  const table = { 'lake.table': written.table, 'lake.stream': stream }
  for (const ms of written.commitMs ?? []) metrics.add(commitDuration, table, ms / 1000, endTime)
  for (const [became, rows] of Object.entries(written.rows ?? {}))
    metrics.add(rowsByOutcome, { ...table, outcome: became }, rows, endTime)
}

function measureMessages(metrics: Metrics, run: RunRecord, place: MessagingPlace): void {
  const { rowsIn, durationMs, endTime, errorCode } = run
  const about: Attributes = { ...messagingAttributes(run, place), 'error.type': errorCode }
  metrics.add(consumedMessages, { ...about, 'messaging.operation.name': 'receive' }, rowsIn, endTime)
  if (about['messaging.consumer.group.name'] === undefined) return
  metrics.add(processDuration, { ...about, 'messaging.operation.name': 'process' }, durationMs / 1000, endTime)
}

function measureTable(metrics: Metrics, row: LogData): void {
  const { table_name: table, stream, layer, run_time: runTime } = row
  const about = { 'lake.table': textOf(table), 'lake.stream': textOf(stream), 'lake.layer': textOf(layer) }
  const time = typeof runTime === 'string' ? Date.parse(runTime) : Number.NaN
  for (const [column, instrument] of monitorGauges) {
    const value = row[column]
    if (value === null || value === undefined || typeof value === 'string') continue
    metrics.set(instrument, about, Number(value), Number.isFinite(time) ? time : 0)
  }
}

const textOf = (value: LogData[string]) => (typeof value === 'string' ? value : undefined)
