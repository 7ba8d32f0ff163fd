import type { Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import type { StepReport, StepStart, Trigger } from '../step/index.js'
import { maxRowsOf, pieceOf, type RefreshOptions } from './refreshOptions.js'

/** Most rows of a run's first piece: a process that is ended again and again still gets somewhere. */
const firstPieceRows = 100_000

/** How long a timer begins further pieces; well below a function's time-out. Milliseconds. */
const budgetMs = 600_000

/**
 * Runs a step of a stream piece by piece, each a commit of its own: a process that is killed leaves the pieces it has
 * committed, and the next goes on behind them. A command goes on until it has all; a timer until it has as many rows as
 * one run takes on, or for ten minutes. A stream that is paused meanwhile is left alone from the next piece on.
 */
export async function inPieces(
  lake: Lake,
  { step, stream, trigger }: { readonly step: StepStart['step']; readonly stream: Stream; readonly trigger: Trigger },
  options: RefreshOptions,
  part: (lake: Lake, stream: Stream, options: RefreshOptions) => Promise<StepReport>,
): Promise<{ readonly reports: readonly StepReport[]; readonly isPaused: boolean }> {
  const { reportPaused } = await import('../pause/index.js')
  const began = lake.clock.monotonic()
  const [most, { rows: piece }] = [maxRowsOf(lake, options), pieceOf(lake, options)]
  const reports: StepReport[] = []
  let taken = 0
  for (;;) {
    const paused = await reportPaused(lake, { step, stream: stream.name, trigger })
    const maxRows = reports.length === 0 ? Math.min(most, firstPieceRows) : options.maxRows
    const report = paused ?? (await part(lake, stream, { ...options, trigger, maxRows }))
    reports.push(report)
    if (report.more !== true) return { reports, isPaused: paused !== undefined }
    taken += report.rowsIn
    const isEnough = taken + piece > most || lake.clock.monotonic() - began > budgetMs
    if (trigger !== 'command' && isEnough) return { reports, isPaused: false }
  }
}
