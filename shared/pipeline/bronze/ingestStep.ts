import type { Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { runStep, type StepReport, type Trigger } from '../step/index.js'
import type { Delivery } from './delivery.js'
import { ingestDelivery } from './ingestDelivery.js'

/**
 * Ingests one delivery of a trigger. Returns when every offset of it is covered by a commit, or is of a partition that
 * the report says is stopped.
 *
 * @throws what kept an offset from being covered, so that the trigger delivers again
 * @example
 * await ingestBatch(lake, stream, { records, reread: [] }, 'kafka')
 */
export function ingestBatch(lake: Lake, stream: Stream, delivery: Delivery, trigger: Trigger): Promise<StepReport> {
  return runStep(lake, { step: 'bronze', stream: stream.name, trigger, rethrow: true }, async run => {
    const { rows, bytes, version, redelivered, missing, failure, rules } = await ingestDelivery(
      lake,
      stream,
      delivery,
      run,
    )
    return {
      rowsIn: delivery.records.length + delivery.reread.length,
      rowsOut: rows,
      version,
      detail: { bytes, redelivered, missing: Number(missing), ...rules.detail },
      failure,
    }
  })
}
