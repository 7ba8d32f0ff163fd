import { bronzePath, scoredPath, silverPath, type Stream, summaryPath } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { type DuckDbSession, identifier } from '../../query/index.js'
import type { Json, Row } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import { asObject } from '../runLog/index.js'
import { type Additions, additionsSince } from './additions.js'
import { noSkew, type Skew } from './clockSkew.js'
import { committedAt, measure, numberIn } from './measure.js'
import { type Accounts, addCounts, emptyAccounts, type Layer, layers, type Said } from './reconciliation.js'
import { type FileTotals, noFiles } from './tableHealth.js'

/** How far each table is booked: by its id, because a table made anew is booked from its beginning. */
export type Booked = Readonly<Record<string, BookedTable>>

export interface BookedTable extends FileTotals {
  readonly id: string
  readonly version: number
}

/** A stream's books as one run of the monitor leaves them for the next. */
export interface Books {
  readonly accounts: Accounts
  readonly booked: Booked
}

/** What was found in one layer since the last run. */
export interface Found {
  readonly rows: number
  readonly late: number
  readonly stale: number
  /** Seconds from event to committed row; undefined when no row was added. */
  readonly p50: number | undefined
  readonly p99: number | undefined
  /** Milliseconds; undefined when the table does not exist. */
  readonly lastCommitAt: number | undefined
  readonly skew: Skew
}

export const emptyBooks: Books = { accounts: emptyAccounts, booked: {} }

const nothingFound: Found = {
  rows: 0,
  late: 0,
  stale: 0,
  p50: undefined,
  p99: undefined,
  lastCommitAt: undefined,
  skew: noSkew,
}

/** Books of a stream brought up to the tables' newest versions, and what was new. */
export interface Booking {
  readonly books: Books
  readonly found: Readonly<Record<Layer, Found>>
  /** The tables as they were booked; whatever is said beside the books must be said of these. */
  readonly states: Readonly<Partial<Record<Layer, TableState>>>
  /** Why a table could not be looked at, in words: its books stay as they were, and the others are looked at. */
  readonly failed: Readonly<Partial<Record<Layer, string>>>
}

export async function bookStream(lake: Lake, session: DuckDbSession, stream: Stream, before: Books): Promise<Booking> {
  const found: Record<Layer, Found> = {
    bronze: nothingFound,
    silver: nothingFound,
    gold: nothingFound,
    summary: nothingFound,
  }
  const states: Partial<Record<Layer, TableState>> = {}
  const booked: Record<string, BookedTable> = { ...before.booked }
  let { accounts } = before
  const failed: Partial<Record<Layer, string>> = {}
  for (const layer of layers) {
    const path = layerPath(stream, layer)
    try {
      const looked = await bookLayer(lake, session, stream, layer, accounts, booked[path])
      if (looked === undefined) continue
      accounts = looked.accounts
      found[layer] = looked.found
      states[layer] = looked.state
      booked[path] = looked.booked
    } catch (thrown) {
      const error = asError(thrown)
      failed[layer] = error.message
      lake.log.error(`Table ${path} cannot be looked at.`, { error: error.message })
    }
  }
  return { books: { accounts, booked }, found, states, failed }
}

async function bookLayer(
  lake: Lake,
  session: DuckDbSession,
  stream: Stream,
  layer: Layer,
  before: Accounts,
  booked: BookedTable | undefined,
) {
  const table = lake.table(layerPath(stream, layer))
  const state = await table.state({ fresh: true })
  if (state === undefined) return undefined
  const known = booked?.id === state.metadata.id ? booked : undefined
  const accounts = known === undefined ? clearLayer(before, layer) : before
  const additions = await additionsSince(table, state, known?.version ?? -1, known ?? noFiles)
  const { columns, select } = aggregate(stream, layer, lake.settings.freshnessStale)
  const measured = await measure(lake, session, table, state, additions.files, columns, select)
  return {
    accounts: book(accounts, layer, additions, measured),
    found: finding(measured, additions),
    state,
    booked: { ...additions.totals, id: state.metadata.id, version: state.version },
  }
}

/** The folder of a layer's table. */
export function layerPath(stream: Stream, layer: Layer): string {
  return { bronze: bronzePath, silver: silverPath, gold: scoredPath, summary: summaryPath }[layer](stream)
}

/** Which columns are read and what is counted; of bronze never the values, which are most of its bytes. */
function aggregate(stream: Stream, layer: Layer, staleMs: number): { columns: readonly string[]; select: string } {
  const event = identifier(stream.eventTime)
  const age = (from: string) => `epoch_us(${from}) - epoch_us(${event})`
  const valid = `${event} IS NOT NULL`
  const common = [
    'count(*) AS "rows"',
    `max(epoch_us(${event})) AS newest`,
    `count(*) FILTER (${age('_ingested_at')} > ${staleMs * 1000}) AS stale`,
    `quantile_cont((${committedAt} - epoch_us(${event})) / 1e6, 0.5) FILTER (${valid}) AS p50`,
    `quantile_cont((${committedAt} - epoch_us(${event})) / 1e6, 0.99) FILTER (${valid}) AS p99`,
  ]
  switch (layer) {
    case 'bronze':
      return {
        columns: ['_timestamp', '_ingested_at', '_error_code', stream.eventTime],
        select: [
          ...common,
          `count(*) FILTER (${valid}) AS valid`,
          'count(_error_code) AS quarantined',
          `count(*) FILTER (_error_code IS NULL AND NOT (${valid})) AS tombstones`,
          `count(*) FILTER (${age('_timestamp')} > ${stream.allowedLatenessMs * 1000}) AS late`,
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

function clearLayer(accounts: Accounts, layer: Layer): Accounts {
  const { said, counted, silver, rejections, expectations, notices, silverRows, scoredRows, anomalies, summary } =
    emptyAccounts
  const newest = { ...accounts.newest, [layer]: 0 }
  const deleted = { ...accounts.deleted, [layer]: 0 }
  if (layer === 'bronze') return { ...accounts, said, counted, rejections, expectations, notices, newest, deleted }
  if (layer === 'silver') return { ...accounts, silver, silverRows, newest, deleted }
  if (layer === 'gold') return { ...accounts, scoredRows, anomalies, newest, deleted }
  return { ...accounts, summary, newest, deleted }
}

function book(before: Accounts, layer: Layer, additions: Additions, measured: readonly Row[]): Accounts {
  const deleted = { ...before.deleted, [layer]: additions.deleted + (additions.rebuilt ? 0 : before.deleted[layer]) }
  const base = { ...(additions.recounted ? clearCounted(before, layer) : before), deleted }
  const sum = (name: string) => measured.reduce((total, row) => total + numberIn(row, name), 0)
  const newest = {
    ...base.newest,
    [layer]: measured.reduce((max, row) => Math.max(max, numberIn(row, 'newest')), base.newest[layer]),
  }
  if (layer === 'bronze') {
    const counted = {
      rows: sum('rows'),
      valid: sum('valid'),
      quarantined: sum('quarantined'),
      tombstones: sum('tombstones'),
    }
    return additions.infos.reduce<Accounts>(bookBronze, { ...base, counted: addCounts(base.counted, counted), newest })
  }
  if (layer === 'silver') {
    return additions.infos.reduce<Accounts>(bookSilver, { ...base, silverRows: base.silverRows + sum('rows'), newest })
  }
  if (layer === 'gold') {
    return { ...base, scoredRows: base.scoredRows + sum('rows'), anomalies: base.anomalies + sum('anomalies'), newest }
  }
  return { ...base, summary: addCounts(base.summary, { rows: sum('rows'), events: sum('events') }), newest }
}

function clearCounted(accounts: Accounts, layer: Layer): Accounts {
  if (layer === 'bronze') return { ...accounts, counted: emptyAccounts.counted }
  if (layer === 'silver') return { ...accounts, silverRows: 0 }
  if (layer === 'gold') return { ...accounts, scoredRows: 0, anomalies: 0 }
  return { ...accounts, summary: emptyAccounts.summary }
}

function bookBronze(accounts: Accounts, info: Readonly<Record<string, unknown>>): Accounts {
  const bronze = asObject(info['bronze'])
  if (bronze === undefined) return accounts
  const ranges = Array.isArray(bronze['ranges']) ? bronze['ranges'].map(r => asObject(r) ?? {}) : []
  const said = ranges.reduce<Said>((sum, range) => addCounts(sum, pick(range, Object.keys(sum))), accounts.said)
  return {
    ...accounts,
    said,
    rejections: addCounts(accounts.rejections, counts(bronze['rejections'])),
    expectations: addCounts(accounts.expectations, counts(bronze['expectations'])),
    notices: addCounts(accounts.notices, counts(bronze['notices'])),
  }
}

function bookSilver(accounts: Accounts, info: Readonly<Record<string, unknown>>): Accounts {
  const silver = asObject(info['silver'])
  if (silver === undefined) return accounts
  // A rebuild reads everything anew, and says so: its counts replace the sum so far.
  const before = silver['rebuilt'] === true ? emptyAccounts.silver : accounts.silver
  return { ...accounts, silver: addCounts(before, pick(silver, Object.keys(before))) }
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

/** Books as JSON for the monitor's own commit, and back; what cannot be read is an empty book. Pure; no I/O. */
export function encodeBooks(books: Books): Json {
  return JSON.parse(JSON.stringify(books)) as Json
}

export function decodeBooks(json: unknown): Books {
  const record = asObject(json)
  const accounts = asObject(record?.['accounts'])
  const booked = asObject(record?.['booked'])
  if (accounts === undefined || booked === undefined) return emptyBooks
  return {
    accounts: { ...emptyAccounts, ...(plainNumbers(accounts) as object) },
    booked: plainNumbers(booked),
  } as Books
}

/** A reader that keeps every digit gives large whole numbers as bigint; the books are all within a double. */
function plainNumbers(json: unknown): unknown {
  if (typeof json === 'bigint') return Number(json)
  const record = asObject(json)
  if (record === undefined) return json
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, plainNumbers(value)]))
}
