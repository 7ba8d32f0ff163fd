import { z } from 'zod'

import { namedValues } from '../types/index.js'

/** How a run of a step ended; the closed list. */
export const runOutcomes = ['committed', 'nothingToDo', 'paused', 'conflict', 'failed'] as const

const optionalString = z.preprocess(value => value ?? undefined, z.string().optional())
/** Readers of the log that keep every digit give whole numbers as bigint. */
const plain = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value)
const number = z.preprocess(plain, z.number())

const runRecord = z.object({
  /** A UUID: the same run reported twice, in a commit and in the journal, is known by it. */
  runId: z.string(),
  /** What ran: `bronze`, `silver`, … */
  step: z.string(),
  /** The function app's instance, or the machine's name. */
  host: z.string(),
  outcome: z.enum(runOutcomes),
  stream: optionalString,
  /** The one table that it writes or maintains, as SQL names it; absent where it is about several, or none. */
  table: optionalString,
  /** What started it: `kafka`, `timer`, `http`, `command`. */
  trigger: optionalString,
  errorCode: optionalString,
  errorMessage: optionalString,
  processId: number,
  startTime: number,
  endTime: number,
  durationMs: number,
  /** How long its execution had lasted when the run began; absent for the first run of one. */
  executionOffsetMs: z.preprocess(value => plain(value) ?? undefined, z.number().optional()),
  rowsIn: number,
  rowsOut: number,
  bytesIn: number,
  bytesOut: number,
  /** CPU time of the process while the run lasted, all threads; more than `durationMs` when several were busy. */
  cpuMs: number,
  /** Resident memory of the process at the end. */
  memoryBytes: number,
  /** The highest that resident memory ever was in this process. */
  peakMemoryBytes: number,
  storageReads: number,
  storageWrites: number,
  storageLists: number,
  storageDeletes: number,
  estimatedCostUsd: number,
  /** The version committed. Absent in the record that travels in that very commit: its reader knows the version. */
  version: z.preprocess(value => plain(value) ?? undefined, z.number().optional()),
})

/** One run of one function or command: a row of `cluster_logs`. Times are milliseconds since 1970-01-01 UTC. */
export type RunRecord = Readonly<z.infer<typeof runRecord>>

/** A run as plain JSON: what is absent in the record is absent here. */
export type RunJson = Readonly<Record<string, string | number>>

/** The fields of a record in the order of the columns of `cluster_logs`. */
export const runFields = Object.keys(runRecord.shape) as readonly (keyof RunRecord)[]

/** The record as it travels in a commit's `commitInfo`. */
export function encodeRun(run: RunRecord): RunJson {
  const json = namedValues<string | number>()
  for (const field of runFields) {
    const value = run[field]
    if (value !== undefined) json[field] = value
  }
  return json
}

/**
 * A record that `encodeRun` wrote, or `undefined` for anything else: a commit is free to hold what it likes there.
 * Fields of a later version of this project are dropped.
 */
export function decodeRun(json: unknown): RunRecord | undefined {
  return runRecord.safeParse(json).data
}
