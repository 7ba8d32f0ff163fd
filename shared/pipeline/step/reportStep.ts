import { asError, CodedError, isRetryable } from '../../errors.js'
import { redactError, type RunRecord } from '../../telemetry/index.js'
import type { Lake } from '../lake/index.js'
import type { StepReport } from './stepReport.js'
import type { StepResult, StepRun, StepStart } from './stepRun.js'

/**
 * How the work of a run went, once it has ended. A run whose last commit reported its end is in that commit; any other
 * goes to the journal.
 *
 * @throws what the work throws, where the run's start says so
 * @example
 * const run = startStep(lake, { step: 'silver', stream: stream.name, trigger })
 * return reportStep(lake, run, refresh(lake, run, derivation))
 */
export async function reportStep(lake: Lake, run: StepRun, work: Promise<StepResult>): Promise<StepReport> {
  const { clock, journal } = lake
  const { start } = run
  const { step, stream } = start
  const ended = (record: RunRecord): RunRecord => {
    for (const listener of lake.listeners) listener.ended?.(record, run.written)
    return record
  }
  const durationMs = () => Math.round(clock.monotonic() - run.startedAt)
  try {
    const { rowsIn, rowsOut, version, more, detail, failure, paused } = await work
    const result = { version, rowsIn, rowsOut, more, detail }
    if (failure !== undefined) {
      const error = redactError(failure)
      await journal.add(ended(run.finish({ outcome: 'failed', error, rowsIn, rowsOut })))
      const failed = { step, stream, outcome: 'failed' as const, ...result, durationMs: durationMs() }
      return { ...failed, error: logFailure(lake, start, error) }
    }
    const outcome = paused !== undefined ? 'paused' : version === undefined ? 'nothingToDo' : 'committed'
    const record = ended(run.finish({ outcome, rowsIn, rowsOut }))
    if (!run.ended) await journal.add(record)
    const shown = paused === undefined ? result : { ...result, detail: { ...detail, paused } }
    const report: StepReport = { step, stream, outcome, ...shown, durationMs: durationMs() }
    logReport(lake, report)
    return report
  } catch (thrown) {
    // Whoever it is thrown to prints what it likes of it: the function host its message and stack.
    const error = redactError(asError(thrown))
    const logged = logFailure(lake, start, error)
    await journal.add(ended(run.finish({ outcome: 'failed', error })))
    if (start.rethrow === true) throw error
    const { commits, ...done } = run.done
    const detail = commits === 0 ? {} : { commits }
    return { step, stream, outcome: 'failed', ...done, detail, durationMs: durationMs(), error: logged }
  }
}

function logReport({ log }: Lake, { step, stream, outcome, detail, rowsIn, rowsOut, version, durationMs }: StepReport) {
  log[outcome === 'nothingToDo' ? 'debug' : 'info'](`${nameOf({ step, stream })}: ${outcome}`, {
    ...detail,
    rowsIn,
    rowsOut,
    version,
    durationMs,
  })
}

function logFailure({ log }: Lake, start: StepStart, error: Error): NonNullable<StepReport['error']> {
  const code = error instanceof CodedError ? (error as CodedError).code : error.name
  const retryable = isRetryable(error)
  log[retryable ? 'warn' : 'error'](`${nameOf(start)} failed: ${error.message}`, { code, retryable })
  return { code, message: error.message, retryable }
}

const nameOf = ({ step, stream }: Pick<StepStart, 'step' | 'stream'>): string =>
  stream === undefined ? step : `${step} of ${stream}`
