import { bronzePath, sqlName, type Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type StepRun, type Trigger } from '../step/index.js'
import type { BackfillPlan, BackfillRequest } from './backfillPlan.js'
import { type CatchUpOptions, catchUpStream } from './catchUp.js'
import { stoppedError } from './partitionFault.js'
import { RuleCounts } from './ruleCounts.js'

/**
 * Catches every stream (or one) up with its topic's ends as they are now. A partition that is stopped fails the
 * stream's report, after the others are ingested.
 */
export async function catchUp(
  lake: Lake,
  trigger: Trigger,
  options: CatchUpOptions & { readonly stream?: Stream | undefined } = {},
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of options.stream === undefined ? lake.streams : [options.stream]) {
    reports.push(await catchUpOne(lake, stream, trigger, options))
  }
  return reports
}

async function catchUpOne(lake: Lake, stream: Stream, trigger: Trigger, options: CatchUpOptions): Promise<StepReport> {
  const start = { step: 'bronze', stream: stream.name, table: sqlName(bronzePath(stream)), trigger } as const
  const { reportPaused } = await import('../pause/index.js')
  const paused = await reportPaused(lake, start)
  if (paused !== undefined) return paused
  const run = startStep(lake, start)
  return reportStep(lake, run, catchUpRun(lake, stream, run, options))
}

async function catchUpRun(lake: Lake, stream: Stream, run: StepRun, options: CatchUpOptions): Promise<StepResult> {
  const rules = new RuleCounts(stream)
  const done = await catchUpStream(lake, stream, run, { ...options, rules })
  const { rows, bytes, commits, version, missing, more, stopped } = done
  return {
    rowsIn: rows,
    rowsOut: rows,
    version,
    more,
    detail: { bytes, commits, missing: Number(missing), ...rules.detail },
    failure: stoppedError(stopped),
  }
}

/** What {@link backfill} would read now; see `planBackfill`. Loaded by its first call, as what does it is. */
export async function backfillPlan(lake: Lake, stream: Stream, request: BackfillRequest): Promise<BackfillPlan> {
  return (await import('./backfillPlan.js')).planBackfill(lake, stream, request)
}

/**
 * Reads what a plan says bronze lacks, as a step: offsets from before it began, and those recorded as missing. A partition
 * that is stopped fails the report, after the others are read. It works on a paused stream too.
 */
export async function backfill(
  lake: Lake,
  stream: Stream,
  plan: BackfillPlan,
  onProgress?: CatchUpOptions['onProgress'],
): Promise<StepReport> {
  const run = startStep(lake, {
    step: 'bronze',
    stream: stream.name,
    table: sqlName(bronzePath(stream)),
    trigger: 'command',
  })
  return reportStep(lake, run, backfillRun(lake, stream, run, plan, onProgress))
}

async function backfillRun(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  plan: BackfillPlan,
  onProgress: CatchUpOptions['onProgress'],
): Promise<StepResult> {
  const rules = new RuleCounts(stream)
  const { backfillRanges } = await import('./backfill.js')
  const done = await backfillRanges(lake, stream, run, plan, { rules, onProgress })
  const { rows, bytes, commits, version, offsets, recovered, stopped } = done
  return {
    rowsIn: rows,
    rowsOut: rows,
    version,
    detail: { bytes, commits, offsets: Number(offsets), recovered: Number(recovered), ...rules.detail },
    failure: stoppedError(stopped),
  }
}
