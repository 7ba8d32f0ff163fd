import type { Outcome } from '../../contract/index.js'
import { namedValues } from '../../types/index.js'
import type { Waiting } from '../outcomes/index.js'
import { noneSeen, type SeenFields } from './sourceDrift.js'

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
  /** Reported by the commits of the scored table; `lostBefore` are silver's losses before it was made from it. */
  readonly scored: { readonly expired: number; readonly erased: number; readonly lostBefore: number }
  /** The same of the summary, in events that its windows stand for. */
  readonly summarised: { readonly expired: number; readonly lostBefore: number }
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
  /** Of the missing offsets, those that were read after all. */
  readonly recovered: number
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
    recovered: 0,
  },
  observed: { rows: 0, valid: 0, quarantined: 0, tombstones: 0, dropped: 0, filtered: 0, erased: 0 },
  silver: { read: 0, inserted: 0, duplicates: 0, replayed: 0, erased: 0, expired: 0, lostBefore: 0 },
  validLost: 0,
  silverRows: 0,
  scoredRows: 0,
  anomalies: 0,
  scored: { expired: 0, erased: 0, lostBefore: 0 },
  summarised: { expired: 0, lostBefore: 0 },
  summary: { rows: 0, events: 0 },
  waiting: {},
  settled: { replayed: 0, duplicate: 0, purged: 0, erased: 0, expired: 0 },
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

/** Adds counts by name; a name that either lacks counts 0 there. */
export function addCounts<T extends object>(a: T, b: object): T {
  const sum: Record<string, number> = Object.assign(namedValues<number>(), a)
  for (const [name, n] of Object.entries(b) as [string, number][]) sum[name] = (sum[name] ?? 0) + n
  return sum as T
}
