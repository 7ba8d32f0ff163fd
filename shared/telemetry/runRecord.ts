import { namedValues } from '../types/index.js'

/** How a run of a step ended; the closed list. */
export const runOutcomes = ['committed', 'nothingToDo', 'conflict', 'failed'] as const

/** As `outcome` of `cluster_logs` has it, beside `unfinished` for a run that was never heard of again. */
export type RunOutcome = (typeof runOutcomes)[number]

/** One run of one function or command: a row of `cluster_logs`. Times are milliseconds since 1970-01-01 UTC. */
export interface RunRecord {
  /** A UUID: the same run reported twice, in a commit and in the journal, is known by it. */
  readonly runId: string
  /** What ran: `bronze`, `silver`, … */
  readonly step: string
  readonly stream?: string | undefined
  /** What started it: `kafka`, `timer`, `http`, `command`. */
  readonly trigger?: string | undefined
  /** The function app's instance, or the machine's name. */
  readonly host: string
  readonly processId: number
  readonly startTime: number
  readonly endTime: number
  readonly durationMs: number
  readonly rowsIn: number
  readonly rowsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** CPU time of the process while the run lasted, all threads; more than `durationMs` when several were busy. */
  readonly cpuMs: number
  /** Resident memory of the process at the end. */
  readonly memoryBytes: number
  /** The highest that resident memory ever was in this process. */
  readonly peakMemoryBytes: number
  readonly storageReads: number
  readonly storageWrites: number
  readonly storageLists: number
  readonly storageDeletes: number
  readonly outcome: RunOutcome
  /** The version committed. Absent in the record that travels in that very commit: its reader knows the version. */
  readonly version?: number | undefined
  readonly errorCode?: string | undefined
  readonly errorMessage?: string | undefined
  readonly estimatedCostUsd: number
}

/** A run as plain JSON: what is absent in the record is absent here. */
export type RunJson = Readonly<Record<string, string | number>>

type FieldsOf<T, Optional extends boolean> = {
  [K in keyof Required<RunRecord>]: undefined extends RunRecord[K]
    ? Optional extends true
      ? T extends NonNullable<RunRecord[K]>
        ? K
        : never
      : never
    : Optional extends true
      ? never
      : RunRecord[K] extends T
        ? K
        : never
}[keyof RunRecord]

const strings = ['runId', 'step', 'host', 'outcome'] as const satisfies readonly FieldsOf<string, false>[]
const optionalTexts = ['stream', 'trigger', 'errorCode', 'errorMessage'] as const satisfies readonly FieldsOf<
  string,
  true
>[]
const optionalNumbers = ['version'] as const satisfies readonly FieldsOf<number, true>[]
const numbers = [
  'processId',
  'startTime',
  'endTime',
  'durationMs',
  'rowsIn',
  'rowsOut',
  'bytesIn',
  'bytesOut',
  'cpuMs',
  'memoryBytes',
  'peakMemoryBytes',
  'storageReads',
  'storageWrites',
  'storageLists',
  'storageDeletes',
  'estimatedCostUsd',
] as const satisfies readonly FieldsOf<number, false>[]

/** The fields of a record in the order of the columns of `cluster_logs`. */
export const runFields = [
  ...strings,
  ...optionalTexts,
  ...numbers,
  ...optionalNumbers,
] as const satisfies readonly (keyof RunRecord)[]

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
  if (typeof json !== 'object' || json === null) return undefined
  const found = json as Readonly<Record<string, unknown>>
  const run = namedValues<string | number>()
  for (const [fields, type, optional] of shape) {
    for (const field of fields) {
      const value = plain(found[field])
      if (typeof value === type) run[field] = value as string | number
      else if (!optional || (value !== undefined && value !== null)) return undefined
    }
  }
  return isOutcome(run['outcome']) ? (run as unknown as RunRecord) : undefined
}

const shape = [
  [strings, 'string', false],
  [optionalTexts, 'string', true],
  [numbers, 'number', false],
  [optionalNumbers, 'number', true],
] as const

/** Readers of the log that keep every digit give whole numbers as bigint. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

function isOutcome(value: unknown): value is RunOutcome {
  return runOutcomes.some(outcome => outcome === value)
}
