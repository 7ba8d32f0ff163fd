import { asError } from '../errors.js'
import type { Lake } from '../pipeline/lake/index.js'
import { redact } from '../telemetry/index.js'
import { renewBoard } from './alertBoard.js'
import { deliverAlerts } from './delivery/index.js'
import { type AlertReport, readAlerts } from './readAlerts.js'

/**
 * A turn of whoever watches: which alerts fire is written down for the page, and told to the receiver where there is one.
 * Never throws: who watches must not hurt what is watched.
 */
export async function watchAlerts(lake: Lake): Promise<void> {
  let report: AlertReport | undefined
  try {
    report = await readAlerts(lake)
    await renewBoard(lake.store, report)
  } catch (error) {
    lake.log.warn('Which alerts fire cannot be written down for the page.', { error: redact(asError(error).message) })
  }
  await deliverAlerts(lake, report)
}
