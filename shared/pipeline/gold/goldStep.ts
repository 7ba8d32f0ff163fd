import type { Stream } from '../../contract/index.js'
import { inPieces, type RefreshOptions } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { StepReport, Trigger } from '../step/index.js'
import { measureDrift, rebuildDrift } from './drift.js'
import { rescore, type RescoreOptions } from './rescore.js'
import { rebuildScored, scoreSilver } from './score.js'
import { rebuildSummary, summariseScored } from './summary.js'

export { scoreSilver } from './score.js'
export { summariseScored } from './summary.js'

/**
 * Gold of every stream: scores what silver has gained, and brings the summary and the drift up to it. A timer takes on a bounded
 * number of rows and leaves the rest to its next run; a command goes on until it has all.
 */
export async function runGold(
  lake: Lake,
  trigger: Trigger,
  options: RefreshOptions = {},
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of lake.streams) reports.push(...(await runGoldOf(lake, stream, trigger, options)))
  return reports
}

async function runGoldOf(
  lake: Lake,
  stream: Stream,
  trigger: Trigger,
  options: RefreshOptions,
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const part of [scoreSilver, summariseScored]) {
    const made = await inPieces(lake, { step: 'gold', stream, trigger }, options, part)
    reports.push(...made.reports)
    if (made.isPaused) return reports
  }
  const gained = reports[0]?.outcome === 'committed'
  return [...reports, ...(await measureDrift(lake, stream, { ...options, trigger, gained }))]
}

/** Rebuilds gold from all of silver, each table swapped in by one commit. */
export async function rebuildGold(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions = {},
): Promise<readonly StepReport[]> {
  const scored = await rebuildScored(lake, stream, options)
  if (scored.outcome === 'failed') return [scored]
  return [scored, await rebuildSummary(lake, stream, options), ...(await rebuildDrift(lake, stream, options))]
}

/** Scores rows again with the champion, and brings the summary and the drift up to them. */
export async function rescoreGold(
  lake: Lake,
  stream: Stream,
  options: RescoreOptions = {},
): Promise<readonly StepReport[]> {
  const scored = await rescore(lake, stream, options)
  if (scored.outcome === 'failed') return [scored]
  const following = { ...options, trigger: options.trigger ?? ('command' as const) }
  const summary = await summariseScored(lake, stream, following)
  return [scored, summary, ...(await measureDrift(lake, stream, following))]
}
