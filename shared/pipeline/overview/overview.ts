import type { Row } from '../../types/index.js'
import type { Days } from './costDays.js'
import type { TableMeasure, TaskMeasure, Timeline } from './series.js'
import type { TaskRun } from './taskRun.js'

/** Up to where a log table was read: its id and version. */
export interface ReadUpTo {
  readonly id: string
  readonly version: number
}

/** A verdict that differs from the one before; milliseconds of the storage's clock. */
export interface StatusChange {
  readonly at: number
  readonly status: string
}

/** One table as the monitor last saw it, and over time. */
export interface TableOverview {
  /** Its newest row of `monitor_logs`. */
  readonly row: Row
  /** The newest last; the first one may have been so for longer. */
  readonly changes: readonly StatusChange[]
  /** Undefined where there are too many tables to keep it. */
  readonly timeline: Timeline<TableMeasure> | undefined
}

/** One step for one stream: its last runs, the newest first, and its work over time. */
export interface TaskOverview {
  readonly step: string
  readonly stream: string | undefined
  readonly runs: readonly TaskRun[]
  readonly timeline: Timeline<TaskMeasure>
}

/** Something that happened, worth a line. */
export interface NotableEvent {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: 'status' | 'rejected' | 'failed' | 'compacted' | 'replayed' | 'erased' | 'model'
  /** The table, step or model it is about. */
  readonly about: string
  readonly text: string
}

/** Kinds of events that come with every look or run. */
const routineKinds: ReadonlySet<string> = new Set<NotableEvent['kind']>(['rejected', 'compacted'])

/** A list's events, but of each kind that is routine at most `most`, the first ones: what is rare stays. */
export function fewRoutine<Event extends { readonly kind: string }>(
  events: readonly Event[],
  most: number,
): readonly Event[] {
  const seen = new Map<string, number>()
  return events.filter(({ kind }) => {
    const before = seen.get(kind) ?? 0
    seen.set(kind, before + 1)
    return !routineKinds.has(kind) || before < most
  })
}

/** A rejected record, as people need it to know what is wrong. */
export interface RejectedExample {
  readonly stream: string
  readonly code: string
  readonly path: string | undefined
  readonly message: string
  readonly partition: number
  /** Exact, as text. */
  readonly offset: string
  /** The beginning of the value, as text. */
  readonly value: string
}

/** The model of a stream. */
export interface ModelOverview {
  readonly stream: string
  readonly uri: string
  /** The version that scores; undefined when none does. */
  readonly version: string | undefined
  readonly fault: string | undefined
}

/**
 * The lake in one small object: what a page shows at once, without opening a table. Made from `monitor_logs`,
 * `cluster_logs`, `model_runs` and bronze's rejected rows, and renewed by every run of the monitor; whoever loses it
 * loses nothing but the older part of its history.
 */
export interface Overview {
  /** Milliseconds of the storage's clock. */
  readonly writtenAt: number
  /** By the table's name in SQL. */
  readonly tables: Readonly<Record<string, TableOverview>>
  readonly tasks: readonly TaskOverview[]
  /** What runs cost, day by day. */
  readonly days: Days
  /** The newest first. */
  readonly events: readonly NotableEvent[]
  readonly examples: readonly RejectedExample[]
  readonly models: readonly ModelOverview[]
  /** By the log table's path. */
  readonly read: Readonly<Record<string, ReadUpTo>>
}

/** What is known of a lake that was never looked at. */
export const emptyOverview: Overview = {
  writtenAt: 0,
  tables: {},
  tasks: [],
  days: {},
  events: [],
  examples: [],
  models: [],
  read: {},
}

/** Bounds of what is kept, so that the object stays small whatever the lake is like. */
export const limits = {
  /** Tables whose values over time are kept. */
  timelines: 80,
  changes: 40,
  runs: 24,
  tasks: 120,
  events: 120,
  /** Of these, rejections, and compactions: they come with every look or run, and what is rare must stay. */
  routineEvents: 30,
  days: 32,
  examples: 60,
  examplesOfCode: 2,
  /** Characters of a text. */
  text: 600,
  value: 200,
} as const
