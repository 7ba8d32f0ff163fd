import { bronzePath, sqlName, type Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type StepRun, type Trigger } from '../step/index.js'
import type { Delivery } from './delivery.js'
import { ingestDelivery } from './ingestDelivery.js'

/**
 * Ingests one delivery of a trigger. Returns when every offset of it is covered by a commit, or is of a partition that
 * the report says is stopped. Of a paused stream nothing is taken: the delivery is passed, and what bronze does not cover
 * then is read from the source after the stream is resumed, as any gap is. To refuse it instead would have it delivered
 * again and again, until the platform's consumer loses its partitions.
 *
 * @throws what kept an offset from being covered, so that the trigger delivers again
 * @example
 * await ingestBatch(lake, stream, { records, reread: [] }, 'kafka')
 */
export function ingestBatch(lake: Lake, stream: Stream, delivery: Delivery, trigger: Trigger): Promise<StepReport> {
  return lake.deliveries.run(() => ingestOnce(lake, stream, delivery, trigger))
}

async function ingestOnce(lake: Lake, stream: Stream, delivery: Delivery, trigger: Trigger): Promise<StepReport> {
  const start = {
    step: 'bronze',
    stream: stream.name,
    table: sqlName(bronzePath(stream)),
    trigger,
    rethrow: true,
  } as const
  const { reportPaused } = await import('../pause/index.js')
  const paused = await reportPaused(lake, start)
  if (paused !== undefined) return paused
  const run = startStep(lake, start)
  return reportStep(lake, run, ingestRun(lake, stream, delivery, run))
}

async function ingestRun(lake: Lake, stream: Stream, delivery: Delivery, run: StepRun): Promise<StepResult> {
  const done = await ingestDelivery(lake, stream, delivery, run)
  const { rows, bytes, version, redelivered, missing, failure, rules } = done
  return {
    rowsIn: delivery.records.length + delivery.reread.length,
    rowsOut: rows,
    version,
    detail: { bytes, redelivered, missing: Number(missing), ...rules.detail },
    failure,
  }
}
