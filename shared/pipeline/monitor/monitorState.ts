import { bronzePath, leftOutCodes, scoredPath, silverPath, type Stream, summaryPath } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { type DuckDbSession, identifier, literal } from '../../query/index.js'
import { asObject, type Json, type Row } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import { isLate } from '../silver/index.js'
import { type Additions, additionsSince } from './additions.js'
import { noSkew, type Skew } from './clockSkew.js'
import { type Aggregate, committedAt, measure, numberIn } from './measure.js'
import { observeQuarantine, waitingAggregate, withWaiting } from './observeQuarantine.js'
import {
  addCounts,
  emptyReconciliation,
  type Layer,
  layers,
  type Reconciliation,
  type Reported,
} from './reconciliation.js'
import { noFiles } from './tableHealth.js'
import type { MonitorState } from './tablePositions.js'

/** What was found in one layer since the last run. */
export interface Found {
  readonly rows: number
  readonly late: number
  readonly stale: number
  /** Seconds from event to committed row; undefined when no row was added. */
  readonly p50: number | undefined
  readonly p95: number | undefined
  readonly p99: number | undefined
  /** Milliseconds; undefined when the table does not exist. */
  readonly lastCommitAt: number | undefined
  readonly skew: Skew
}

/** Of a stream that was never observed: every table is observed from its first version. */
export const emptyMonitorState: MonitorState = { reconciliation: emptyReconciliation, positions: {} }

const nothingFound: Found = {
  rows: 0,
  late: 0,
  stale: 0,
  p50: undefined,
  p95: undefined,
  p99: undefined,
  lastCommitAt: undefined,
  skew: noSkew,
}

/** A stream's state at the tables' newest versions, and what was new. */
export interface StreamObservation {
  readonly monitorState: MonitorState
  readonly found: Readonly<Record<Layer, Found>>
  /** The tables as they were observed; whatever is reported beside the counts must be about these. */
  readonly states: Readonly<Partial<Record<Layer, TableState>>>
  /** Why a table could not be read, in words: its counts stay as they were, and the others are observed. */
  readonly failed: Readonly<Partial<Record<Layer, string>>>
}

/**
 * Counts what came to each of a stream's tables since `before`. A table that cannot be read is in `failed`, and its
 * counts stay as they were; nothing is thrown for it.
 */
export async function observeTables(
  lake: Lake,
  session: DuckDbSession,
  stream: Stream,
  before: MonitorState,
): Promise<StreamObservation> {
  const found: Record<Layer, Found> = {
    bronze: nothingFound,
    silver: nothingFound,
    gold: nothingFound,
    summary: nothingFound,
  }
  const states: Partial<Record<Layer, TableState>> = {}
  let monitorState = before
  let hasLostRows = false
  const failed: Partial<Record<Layer, string>> = {}
  for (const layer of layers) {
    const path = layerPath(stream, layer)
    try {
      const looked = await observeLayer(lake, session, stream, layer, monitorState)
      if (looked === undefined) {
        hasLostRows ||= before.positions[path] !== undefined
        continue
      }
      monitorState = looked.monitorState
      hasLostRows ||= looked.hasLostRows && (layer === 'bronze' || layer === 'silver')
      found[layer] = looked.found
      states[layer] = looked.state
    } catch (thrown) {
      const error = asError(thrown)
      failed[layer] = error.message
      lake.log.error(`Table ${path} cannot be looked at.`, { error: error.message })
    }
  }
  const { bronze, silver } = states
  // Of a silver that cannot be read nobody knows what it holds.
  if (failed.silver === undefined)
    monitorState = await observeQuarantine(lake, session, stream, monitorState, { bronze, silver, hasLostRows })
  return { monitorState, found, states, failed }
}

async function observeLayer(lake: Lake, session: DuckDbSession, stream: Stream, layer: Layer, before: MonitorState) {
  const path = layerPath(stream, layer)
  const table = lake.table(path)
  const state = await table.state({ fresh: true })
  if (state === undefined) return undefined
  const position = before.positions[path]
  const known = position?.id === state.metadata.id ? position : undefined
  const base = known === undefined ? clearLayer(before.reconciliation, layer) : before.reconciliation
  const additions = await additionsSince(table, state, known?.version ?? -1, known ?? noFiles)
  const rows = { table, state, files: additions.files }
  const measured = await measure(lake, session, rows, aggregate(stream, layer, lake.settings.freshnessStale))
  const reconciliation = reconcileLayer(base, layer, additions, measured)
  const now = { ...additions.totals, id: state.metadata.id, version: state.version }
  return {
    monitorState: { reconciliation, positions: { ...before.positions, [path]: now } },
    found: finding(measured, additions),
    state,
    hasLostRows: additions.recounted || (position !== undefined && known === undefined),
  }
}

/** The folder of a layer's table. */
export function layerPath(stream: Stream, layer: Layer): string {
  return { bronze: bronzePath, silver: silverPath, gold: scoredPath, summary: summaryPath }[layer](stream)
}

/** Which columns are read and what is counted; of bronze never the values, which are most of its bytes. */
function aggregate(stream: Stream, layer: Layer, staleMs: number): Aggregate {
  const event = identifier(stream.eventTime)
  const age = (from: string) => `epoch_us(${from}) - epoch_us(${event})`
  const valid = `${event} IS NOT NULL`
  const common = [
    'count(*) AS "rows"',
    `max(epoch_us(${event})) AS newest`,
    `count(*) FILTER (${age('_ingested_at')} > ${staleMs * 1000}) AS stale`,
    `quantile_cont((${committedAt} - epoch_us(${event})) / 1e6, 0.5) FILTER (${valid}) AS p50`,
    `quantile_cont((${committedAt} - epoch_us(${event})) / 1e6, 0.95) FILTER (${valid}) AS p95`,
    `quantile_cont((${committedAt} - epoch_us(${event})) / 1e6, 0.99) FILTER (${valid}) AS p99`,
  ]
  switch (layer) {
    case 'bronze':
      return {
        columns: ['_timestamp', '_ingested_at', '_error_code', stream.eventTime],
        select: [
          ...common,
          `count(*) FILTER (${valid}) AS valid`,
          `count(*) FILTER (_error_code NOT IN (${leftOutCodes.map(literal).join(', ')})) AS quarantined`,
          ...waitingAggregate,
          `count(*) FILTER (_error_code = 'EXPECTATION_DROPPED') AS dropped`,
          `count(*) FILTER (_error_code = 'FILTERED') AS filtered`,
          `count(*) FILTER (_error_code IS NULL AND NOT (${valid})) AS tombstones`,
          `count(*) FILTER (${isLate(stream)}) AS late`,
        ].join(', '),
      }
    case 'silver':
      return {
        columns: ['_ingested_at', '_late', stream.eventTime],
        select: [...common, 'count(*) FILTER (_late) AS late'].join(', '),
      }
    case 'gold':
      return {
        columns: ['_ingested_at', '_late', 'is_anomaly', stream.eventTime],
        select: [...common, 'count(*) FILTER (_late) AS late', 'count(*) FILTER (is_anomaly) AS anomalies'].join(', '),
      }
    case 'summary':
      return {
        columns: ['events', 'newest_ingested_at'],
        select: 'count(*) AS "rows", sum(events) AS events, max(epoch_us(newest_ingested_at)) AS newest',
      }
  }
}

function clearLayer(reconciliation: Reconciliation, layer: Layer): Reconciliation {
  const {
    reported,
    observed,
    waiting,
    settled,
    silver,
    rejections,
    expectations,
    notices,
    silverRows,
    scoredRows,
    anomalies,
    summary,
  } = emptyReconciliation
  const newest = { ...reconciliation.newest, [layer]: 0 }
  const deleted = { ...reconciliation.deleted, [layer]: 0 }
  if (layer === 'bronze')
    return {
      ...reconciliation,
      reported,
      observed,
      waiting,
      settled,
      rejections,
      expectations,
      notices,
      newest,
      deleted,
    }
  if (layer === 'silver') return { ...reconciliation, silver, silverRows, newest, deleted }
  if (layer === 'gold') return { ...reconciliation, scoredRows, anomalies, newest, deleted }
  return { ...reconciliation, summary, newest, deleted }
}

function reconcileLayer(
  before: Reconciliation,
  layer: Layer,
  additions: Additions,
  measured: readonly Row[],
): Reconciliation {
  const deleted = { ...before.deleted, [layer]: additions.deleted + (additions.rebuilt ? 0 : before.deleted[layer]) }
  const base = { ...(additions.recounted ? clearObserved(before, layer) : before), deleted }
  const sum = (name: string) => measured.reduce((total, row) => total + numberIn(row, name), 0)
  const newest = {
    ...base.newest,
    [layer]: measured.reduce((max, row) => Math.max(max, numberIn(row, 'newest')), base.newest[layer]),
  }
  if (layer === 'bronze') {
    const observed = {
      rows: sum('rows'),
      valid: sum('valid'),
      quarantined: sum('quarantined'),
      tombstones: sum('tombstones'),
      dropped: sum('dropped'),
      filtered: sum('filtered'),
    }
    return additions.infos.reduce<Reconciliation>(addBronzeReport, {
      ...base,
      waiting: withWaiting(base.waiting, measured),
      observed: addCounts(base.observed, observed),
      newest,
    })
  }
  if (layer === 'silver') {
    return additions.infos.reduce<Reconciliation>(addSilverReport, {
      ...base,
      silverRows: base.silverRows + sum('rows'),
      newest,
    })
  }
  if (layer === 'gold') {
    return { ...base, scoredRows: base.scoredRows + sum('rows'), anomalies: base.anomalies + sum('anomalies'), newest }
  }
  return { ...base, summary: addCounts(base.summary, { rows: sum('rows'), events: sum('events') }), newest }
}

function clearObserved(reconciliation: Reconciliation, layer: Layer): Reconciliation {
  const { observed, waiting, settled } = emptyReconciliation
  if (layer === 'bronze') return { ...reconciliation, observed, waiting, settled }
  if (layer === 'silver') return { ...reconciliation, silverRows: 0 }
  if (layer === 'gold') return { ...reconciliation, scoredRows: 0, anomalies: 0 }
  return { ...reconciliation, summary: emptyReconciliation.summary }
}

function addBronzeReport(reconciliation: Reconciliation, info: Readonly<Record<string, unknown>>): Reconciliation {
  const bronze = asObject(info['bronze'])
  if (bronze === undefined) return reconciliation
  const ranges = Array.isArray(bronze['ranges']) ? bronze['ranges'].map(r => asObject(r) ?? {}) : []
  const reported = ranges.reduce<Reported>(
    (sum, range) => addCounts(sum, pick(range, Object.keys(sum))),
    reconciliation.reported,
  )
  return {
    ...reconciliation,
    reported,
    rejections: addCounts(reconciliation.rejections, counts(bronze['rejections'])),
    expectations: addCounts(reconciliation.expectations, counts(bronze['expectations'])),
    notices: addCounts(reconciliation.notices, counts(bronze['notices'])),
  }
}

function addSilverReport(reconciliation: Reconciliation, info: Readonly<Record<string, unknown>>): Reconciliation {
  const silver = asObject(info['silver'])
  if (silver === undefined) return reconciliation
  // A rebuild reads everything again, and says so: its counts replace the sum so far.
  const before = silver['rebuilt'] === true ? emptyReconciliation.silver : reconciliation.silver
  return { ...reconciliation, silver: addCounts(before, pick(silver, Object.keys(before))) }
}

function finding(measured: readonly Row[], additions: Additions): Found {
  const sum = (name: string) => measured.reduce((total, row) => total + numberIn(row, name), 0)
  const worst = (name: string) => {
    const values = measured.map(row => row[name]).filter(value => typeof value === 'number')
    return values.length === 0 ? undefined : Math.max(...values)
  }
  return {
    rows: sum('rows'),
    late: sum('late'),
    stale: sum('stale'),
    p50: worst('p50'),
    p95: worst('p95'),
    p99: worst('p99'),
    lastCommitAt: additions.lastCommitAt,
    skew: additions.skew,
  }
}

function pick(record: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map(name => [name, Number(record[name] ?? 0)]))
}

function counts(json: unknown): Record<string, number> {
  const record = asObject(json) ?? {}
  return pick(record, Object.keys(record))
}

/** The state as JSON for the monitor's own commit, under the names that earlier versions read. */
export function encodeMonitorState({ reconciliation, positions }: MonitorState): Json {
  const { reported, observed, ...sums } = reconciliation
  return JSON.parse(
    JSON.stringify({ accounts: { said: reported, counted: observed, ...sums }, booked: positions }),
  ) as Json
}

/** What cannot be read is the empty state. */
export function decodeMonitorState(json: unknown): MonitorState {
  const record = asObject(json)
  const accounts = asObject(record?.['accounts'])
  const positions = asObject(record?.['booked'])
  if (accounts === undefined || positions === undefined) return emptyMonitorState
  const { said, counted, ...sums } = plainNumbers(accounts) as Record<string, object>
  return {
    reconciliation: {
      ...emptyReconciliation,
      ...sums,
      // An earlier version counted less apart, and what waits not at all.
      waiting: sums['waiting'],
      reported: { ...emptyReconciliation.reported, ...said },
      observed: { ...emptyReconciliation.observed, ...counted },
    },
    positions: plainNumbers(positions),
  } as MonitorState
}

/** A reader that keeps every digit gives large whole numbers as bigint; these are all within a double. */
function plainNumbers(json: unknown): unknown {
  if (typeof json === 'bigint') return Number(json)
  const record = asObject(json)
  if (record === undefined) return json
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, plainNumbers(value)]))
}
