import { silverPath, type Stream } from '../../contract/index.js'
import { inPieces, rebuildStep, type RefreshOptions, refreshStep } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { StepReport, Trigger } from '../step/index.js'
import { silverDerivation } from './silverDerivation.js'

/**
 * Silver of every stream, piece by piece. A timer takes on a bounded number of rows and leaves the rest to its next run; a
 * command goes on until it has all.
 */
export async function runSilver(
  lake: Lake,
  trigger: Trigger,
  options: RefreshOptions = {},
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of lake.streams)
    reports.push(...(await inPieces(lake, { step: 'silver', stream, trigger }, options, refineSilver)).reports)
  return reports
}

/**
 * One run of silver: takes the valid rows that bronze has gained since the last one, up to a bound, drops duplicates,
 * and commits the rest together with the cursor. `more` in the report says that the bound was reached.
 * Never throws: what goes wrong is in the report.
 */
export function refineSilver(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'silver', stream, path: silverPath(stream), trigger: options.trigger } as const
  return refreshStep(lake, about, () => silverDerivation(lake, stream, options))
}

/**
 * Rebuilds silver from all of bronze as it is now, and swaps it in by one commit: readers see the old rows or the new.
 * Rows that were brought from quarantine by a replay stay, as long as bronze has the record they were made from.
 * Never throws: what goes wrong is in the report.
 */
export function rebuildSilver(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'silver', stream, path: silverPath(stream), trigger: options.trigger } as const
  return rebuildStep(lake, about, () => silverDerivation(lake, stream, options))
}
