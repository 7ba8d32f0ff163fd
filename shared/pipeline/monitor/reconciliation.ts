import type { Outcome } from '../../contract/index.js'
import { namedValues } from '../../types/index.js'
import type { Waiting } from '../outcomes/index.js'
import { noneSeen, type SeenFields } from './undeclaredFields.js'

/**
 * The counts of one stream, cumulative: what writers reported in their commits, and what is observed in the tables. The
 * two are kept apart, because their agreement is the proof.
 */
export interface Reconciliation {
  /** Reported by bronze's commits. */
  readonly reported: Reported
  /** Observed in bronze's files. */
  readonly observed: Observed
  /** Reported by silver's commits. */
  readonly silver: {
    readonly read: number
    readonly inserted: number
    readonly duplicates: number
    readonly replayed: number
    /** Of those inserted, taken out for good because their keys were erased. */
    readonly erased: number
    /** Of those inserted, removed because they were older than the contract's `retain`. */
    readonly expired: number
    /** Valid rows that bronze had lost for good before silver was rebuilt from it. */
    readonly lostBefore: number
  }
  /** Valid rows that bronze has lost for good since the beginning; silver had read them. */
  readonly validLost: number
  /** Observed in silver's files. */
  readonly silverRows: number
  readonly scoredRows: number
  readonly anomalies: number
  /** Observed in the summary: its rows, and the events they stand for. */
  readonly summary: { readonly rows: number; readonly events: number }
  /** In quarantine, by reason; undefined when it is not known. */
  readonly waiting: Readonly<Record<string, Waiting>> | undefined
  /** Rejected records that were settled, by outcome. */
  readonly settled: Readonly<Record<Outcome, number>>
  readonly rejections: Readonly<Record<string, number>>
  readonly expectations: Readonly<Record<string, number>>
  readonly notices: Readonly<Record<string, number>>
  /** Fields that records have and the contract lacks. */
  readonly undeclared: SeenFields
  /** Rows deleted on purpose, by whoever asked for it; since the last rebuild. */
  readonly deleted: Readonly<Record<Layer, number>>
  /** Microseconds of the newest event in each layer; 0 when there is none. */
  readonly newest: Readonly<Record<Layer, number>>
}

/** The layers of a stream in the order in which rows pass them; `gold` is the table of scored rows. */
export const layers = ['bronze', 'silver', 'gold', 'summary'] as const
/** As the column `layer` of `monitor_logs` has it. */
export type Layer = (typeof layers)[number]

/**
 * Records by what became of them, as the commits of bronze say: `received` is `redelivered`, `valid`, `quarantined` and
 * `tombstones` together.
 */
export interface Reported {
  readonly received: number
  readonly redelivered: number
  readonly valid: number
  readonly quarantined: number
  readonly tombstones: number
  /** Left out on purpose: by an expectation that says so, and by the contract's `where`. */
  readonly dropped: number
  readonly filtered: number
  /** Of keys that were erased: of these only the place is kept. */
  readonly erased: number
  /** Older than the contract's `retain`, and removed for that. */
  readonly expired: number
  /** Offsets, not records: those that Kafka had deleted, and those that never carried one. */
  readonly missing: number
  readonly holes: number
}

/** Rows of bronze's files: `rows` is `valid`, `quarantined` and `tombstones` together. */
export interface Observed {
  readonly rows: number
  readonly valid: number
  readonly quarantined: number
  readonly tombstones: number
  readonly dropped: number
  readonly filtered: number
  readonly erased: number
}

/** How many records are in quarantine; undefined when it is not known. */
export function backlogOf({ waiting }: Pick<Reconciliation, 'waiting'>): number | undefined {
  return waiting && Object.values(waiting).reduce((sum, { count }) => sum + count, 0)
}

/** Nothing reported and nothing observed. */
export const emptyReconciliation: Reconciliation = {
  reported: {
    received: 0,
    redelivered: 0,
    valid: 0,
    quarantined: 0,
    tombstones: 0,
    dropped: 0,
    filtered: 0,
    erased: 0,
    expired: 0,
    missing: 0,
    holes: 0,
  },
  observed: { rows: 0, valid: 0, quarantined: 0, tombstones: 0, dropped: 0, filtered: 0, erased: 0 },
  silver: { read: 0, inserted: 0, duplicates: 0, replayed: 0, erased: 0, expired: 0, lostBefore: 0 },
  validLost: 0,
  silverRows: 0,
  scoredRows: 0,
  anomalies: 0,
  summary: { rows: 0, events: 0 },
  waiting: {},
  settled: { replayed: 0, duplicate: 0, purged: 0, erased: 0 },
  rejections: {},
  expectations: {},
  notices: {},
  undeclared: noneSeen,
  deleted: { bronze: 0, silver: 0, gold: 0, summary: 0 },
  newest: { bronze: 0, silver: 0, gold: 0, summary: 0 },
}

/** Where the offsets of a stream stand, from bronze's txns. */
export interface Span {
  readonly covered: bigint
  readonly missing: bigint
  readonly holes: bigint
}

/** Whether the counts of a layer agree. */
export interface Balance {
  readonly balanced: boolean
  /** The sums in words, or what is wrong with them. */
  readonly text: string
}

/**
 * Whether bronze's counts reconcile: all that was received is accounted for, every covered offset is a row, missing, a
 * hole or was deleted on purpose, and the table holds what the writers reported.
 */
export function bronzeBalance(reconciliation: Reconciliation, span: Span): Balance {
  const { reported, observed, settled } = reconciliation
  const { bronze: deleted } = reconciliation.deleted
  const wrong: string[] = []
  const kinds = ['valid', 'quarantined', 'tombstones', 'dropped', 'filtered', 'erased'] as const
  const kept = kinds.reduce((sum, kind) => sum + reported[kind], reported.redelivered + reported.expired)
  if (reported.received !== kept) wrong.push(`received ${reported.received}, accounted for ${kept}`)
  const { expired } = reported
  const offsets = BigInt(observed.rows + deleted + expired) + span.missing + span.holes
  if (span.covered !== offsets) {
    const terms = `rows + missing + holes${plus(deleted)}${expired === 0 ? '' : ' + expired'}`
    wrong.push(`${span.covered} offsets covered, but ${terms} = ${offsets}`)
  }
  // Which rows were deleted nobody says: of each kind at most those that are not there any more.
  const gone = kinds.reduce((sum, kind) => sum + reported[kind] - observed[kind], 0)
  for (const kind of kinds) {
    const fits = deleted === 0 ? reported[kind] === observed[kind] : reported[kind] >= observed[kind]
    if (!fits) wrong.push(`${reported[kind]} ${kind} written, ${observed[kind]} in the table`)
  }
  if (deleted > 0 && gone !== deleted) wrong.push(`${deleted} rows deleted on purpose, ${gone} gone from the table`)
  for (const kind of ['missing', 'holes'] as const) {
    if (BigInt(reported[kind]) !== span[kind]) wrong.push(`${reported[kind]} ${kind} reported, ${span[kind]} on record`)
  }
  const backlog = backlogOf(reconciliation)
  const outcomes = Object.entries(settled).filter(([, n]) => n > 0)
  const dealtWith = outcomes.reduce((sum, [, n]) => sum + n, 0)
  if (backlog !== undefined && observed.quarantined !== backlog + dealtWith)
    wrong.push(`${observed.quarantined} quarantined, ${backlog} in quarantine and ${dealtWith} settled`)
  const sums =
    `received ${reported.received} = redelivered ${reported.redelivered} + valid ${reported.valid} + quarantined ${reported.quarantined} + ` +
    `tombstones ${reported.tombstones}${leftOut(reported)}; covered ${span.covered} = rows ${observed.rows} + missing ${span.missing} + holes ${span.holes}${plus(deleted, true)}${term('expired', expired)}` +
    (outcomes.length === 0 || backlog === undefined
      ? ''
      : `; quarantined ${observed.quarantined} = waiting ${backlog}${outcomes.map(([name, n]) => ` + ${name} ${n}`).join('')}`)
  return { balanced: wrong.length === 0, text: wrong.length === 0 ? sums : wrong.join('; ') }
}

/**
 * Whether silver's counts reconcile: every valid row read was inserted or is a duplicate, and the table holds what was
 * inserted and not deleted on purpose. Bronze's rows are compared only when silver has read all of them.
 *
 * @param caughtUp whether silver's cursor stands at the version of bronze that was counted
 */
export function silverBalance(
  { silver, silverRows, observed, validLost, deleted: { silver: deleted } }: Reconciliation,
  caughtUp: boolean,
): Balance {
  const wrong: string[] = []
  const kept = silver.inserted + silver.duplicates
  if (silver.read + silver.replayed !== kept) {
    wrong.push(`valid ${silver.read} + replayed ${silver.replayed}, but inserted + duplicates = ${kept}`)
  }
  const { erased, expired } = silver
  if (silverRows + deleted + erased + expired !== silver.inserted) {
    const gone = { 'deleted on purpose': deleted, erased, expired }
    const losses = Object.entries(gone).map(([what, n]) => (n === 0 ? '' : `, ${n} ${what}`))
    wrong.push(`${silver.inserted} rows inserted, ${silverRows} in the table${losses.join('')}`)
  }
  const valid = observed.valid + validLost - silver.lostBefore
  if (caughtUp && silver.read !== valid) wrong.push(`${valid} valid rows in bronze, ${silver.read} read`)
  const sums =
    `valid ${silver.read} + replayed ${silver.replayed} = inserted ${silver.inserted} + duplicates ${silver.duplicates}` +
    (deleted + erased + expired === 0
      ? ''
      : `; inserted ${silver.inserted} = rows ${silverRows}${plus(deleted, true)}${term('erased', erased)}${term('expired', expired)}`)
  return { balanced: wrong.length === 0, text: wrong.length === 0 ? sums : wrong.join('; ') }
}

/** Whether gold, once it has read all of silver, has every row of it that was not deleted on purpose. */
export function scoredBalance({ silverRows, scoredRows, deleted: { gold: deleted } }: Reconciliation): Balance {
  if (silverRows === scoredRows + deleted)
    return { balanced: true, text: `silver ${silverRows} = scored ${scoredRows}${plus(deleted, true)}` }
  return {
    balanced: false,
    text: `${silverRows} rows in silver, ${scoredRows} scored${deleted === 0 ? '' : `, ${deleted} deleted on purpose`}`,
  }
}

/** Whether the summary, once it has read all scored rows, stands for every one of them. */
export function summaryBalance({ scoredRows, summary, deleted: { summary: deleted } }: Reconciliation): Balance {
  // For how many events a deleted window stood is not known any more: the difference cannot be computed then.
  const fits = deleted === 0 ? scoredRows === summary.events : scoredRows >= summary.events
  if (!fits) return { balanced: false, text: `${scoredRows} scored rows, ${summary.events} summarised` }
  return {
    balanced: true,
    text: `scored ${scoredRows} = summarised ${summary.events}${deleted === 0 ? '' : ` + those of ${deleted} windows deleted on purpose`}`,
  }
}

const leftOut = ({ dropped, filtered, erased, expired }: Reported) =>
  (dropped + filtered === 0 ? '' : ` + dropped ${dropped} + filtered ${filtered}`) +
  term('erased', erased) +
  term('expired', expired)

const term = (name: string, n: number) => (n === 0 ? '' : ` + ${name} ${n}`)

const plus = (deleted: number, amount = false) => (deleted === 0 ? '' : ` + deleted${amount ? ` ${deleted}` : ''}`)

/** Adds counts by name; a name that either lacks counts 0 there. */
export function addCounts<T extends object>(a: T, b: object): T {
  const sum: Record<string, number> = Object.assign(namedValues<number>(), a)
  for (const [name, n] of Object.entries(b) as [string, number][]) sum[name] = (sum[name] ?? 0) + n
  return sum as T
}
