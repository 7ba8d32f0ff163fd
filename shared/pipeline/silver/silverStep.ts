import type { RefreshOptions } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { StepReport, Trigger } from '../step/index.js'
import { refineSilver } from './refine.js'

export { rebuildSilver, refineSilver } from './refine.js'

/**
 * Silver of every stream. A timer takes on one bounded piece and leaves the rest to its next run; a command goes on
 * until it has all.
 */
export async function runSilver(
  lake: Lake,
  trigger: Trigger,
  options: RefreshOptions = {},
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of lake.streams) {
    let report: StepReport
    do {
      report = await refineSilver(lake, stream, { ...options, trigger })
      reports.push(report)
    } while (trigger === 'command' && report.more === true)
  }
  return reports
}
