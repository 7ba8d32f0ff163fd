import { randomUUID } from 'node:crypto'
import os from 'node:os'

import type { Clock } from '../clock.js'
import { asError, CodedError } from '../errors.js'
import { type StorageUsage, usageBetween } from '../storage/index.js'
import { estimateCostUsd } from './cost.js'
import { offsetInExecution } from './execution.js'
import { defaultPrices, type Prices } from './listPrices.js'
import { redact } from './redaction.js'
import type { RunRecord } from './runRecord.js'

/** What a run is measured by. An absent `instanceMemoryBytes` or `prices` is the default of the cost estimate. */
export interface RunStart {
  readonly step: string
  readonly stream?: string | undefined
  /** The one table that it is about, as SQL names it. */
  readonly table?: string | undefined
  /** What started it: `kafka`, `timer`, `http`, `command`. */
  readonly trigger?: string | undefined
  /** The lake's store, a `MeteredStore`. */
  readonly store: { usage(): StorageUsage }
  readonly clock: Clock
  readonly instanceMemoryBytes?: number | undefined
  readonly prices?: Prices | undefined
}

/** What only the step knows about its end. */
export type RunEnd = RunCounts &
  (
    | { readonly outcome: 'committed'; readonly version?: number | undefined }
    | { readonly outcome: 'nothingToDo' | 'paused' | 'conflict' }
    | { readonly outcome: 'failed'; readonly error: unknown }
  )

/** Rows and bytes of a run as the step counts them. */
export interface RunCounts {
  /** 0 when absent. */
  readonly rowsIn?: number | undefined
  /** 0 when absent. */
  readonly rowsOut?: number | undefined
  /** The bytes read from storage when absent. */
  readonly bytesIn?: number | undefined
  /** The bytes written to storage when absent. */
  readonly bytesOut?: number | undefined
}

/** A run under way; `startTime` in milliseconds since 1970-01-01 UTC. */
export interface Run {
  readonly runId: string
  readonly startTime: number
  /**
   * The record of what the run used up to now. A step that commits calls it before, so that the record travels in the
   * commit itself; calling it again afterwards measures again, under the same `runId`.
   */
  finish(end: RunEnd): RunRecord
}

/**
 * Begins to measure. CPU, memory and storage are those of the process: runs at the same time in one process count each
 * other's.
 *
 * ```ts
 * const run = startRun({ step: 'silver', stream: 'events', store: lake.store, clock: lake.clock, trigger: 'timer' })
 * const record = run.finish({ outcome: 'committed', version: 7, rowsIn: 1000, rowsOut: 990 })
 * ```
 */
export function startRun(start: RunStart): Run {
  const { step, stream, table, trigger, store, clock } = start
  const runId = randomUUID()
  const startTime = clock.now()
  const startedAt = clock.monotonic()
  const executionOffsetMs = offsetInExecution(clock)
  const cpuBefore = process.cpuUsage()
  const usageBefore = store.usage()
  return {
    runId,
    startTime,
    finish(end) {
      const durationMs = Math.round(clock.monotonic() - startedAt)
      const cpu = process.cpuUsage(cpuBefore)
      const used = usageBetween(usageBefore, store.usage())
      const { instanceMemoryBytes, prices } = start
      return {
        runId,
        step,
        stream,
        table,
        trigger,
        host: processHost(),
        processId: process.pid,
        startTime,
        endTime: startTime + durationMs,
        durationMs,
        executionOffsetMs,
        rowsIn: end.rowsIn ?? 0,
        rowsOut: end.rowsOut ?? 0,
        bytesIn: end.bytesIn ?? used.bytesRead,
        bytesOut: end.bytesOut ?? used.bytesWritten,
        cpuMs: Math.round((cpu.user + cpu.system) / 1000),
        memoryBytes: process.memoryUsage.rss(),
        // Node gives kilobytes.
        peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
        storageReads: used.reads,
        storageWrites: used.writes,
        storageLists: used.lists,
        storageDeletes: used.deletes,
        outcome: end.outcome,
        version: end.outcome === 'committed' ? end.version : undefined,
        ...(end.outcome === 'failed' ? failure(end.error) : {}),
        estimatedCostUsd: estimateCostUsd(
          { durationMs, executionOffsetMs, instanceMemoryBytes, storage: used },
          prices ?? defaultPrices,
        ),
      }
    },
  }
}

const machine = os.hostname()

/** The function app's instance, or the machine's name. */
export function processHost(): string {
  return process.env['WEBSITE_INSTANCE_ID'] ?? machine
}

function failure(thrown: unknown): Pick<RunRecord, 'errorCode' | 'errorMessage'> {
  const error = asError(thrown)
  const code: string | undefined = error instanceof CodedError ? (error as CodedError).code : undefined
  return { errorCode: code ?? error.name, errorMessage: redact(error.message) }
}
