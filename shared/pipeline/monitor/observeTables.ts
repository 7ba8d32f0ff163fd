import type { Stream } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { asError } from '../../errors.js'
import type { DuckDbSession } from '../../query/index.js'
import type { Row } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import { type Additions, additionsSince } from './additions.js'
import { noSkew, type Skew } from './clockSkew.js'
import { endedRows } from './endedRows.js'
import { layerAggregate, layerPath } from './layerAggregate.js'
import { clearLayer, reconcileLayer } from './layerReconciliation.js'
import { measure, numberIn } from './measure.js'
import { observeQuarantine } from './observeQuarantine.js'
import { type Layer, layers } from './reconciliation.js'
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
  /** Seconds from Kafka's timestamp to committed row, which an event that is old when it is sent does not change. */
  readonly kafkaP50: number | undefined
  readonly kafkaP99: number | undefined
  /** Milliseconds; undefined when the table does not exist. */
  readonly lastCommitAt: number | undefined
  readonly skew: Skew
}

const nothingFound: Found = {
  rows: 0,
  late: 0,
  stale: 0,
  p50: undefined,
  p95: undefined,
  p99: undefined,
  kafkaP50: undefined,
  kafkaP99: undefined,
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
  const aggregate = layerAggregate(stream, layer, state.schema, lake.settings.freshnessStale)
  const measured = await measure(lake, session, rows, aggregate)
  const ended = await endedRows(table, state, stream, layer, additions.ended)
  const reconciliation = reconcileLayer(base, layer, additions, { measured, ended })
  const now = { ...additions.totals, id: state.metadata.id, version: state.version }
  return {
    monitorState: { reconciliation, positions: { ...before.positions, [path]: now } },
    found: finding(measured, additions),
    state,
    hasLostRows: additions.recounted || (position !== undefined && known === undefined),
  }
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
    kafkaP50: worst('kafka_p50'),
    kafkaP99: worst('kafka_p99'),
    lastCommitAt: additions.lastCommitAt,
    skew: additions.skew,
  }
}
