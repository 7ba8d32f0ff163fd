import { randomUUID } from 'node:crypto'

import { asError } from '../../errors.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { redact } from '../../telemetry/index.js'
import { type AlertReport, readAlerts } from '../readAlerts.js'
import { alertKey, commonAlert, type DeliveredAlert } from './commonAlert.js'
import { readDelivered, writeDelivered } from './deliveredAlertStore.js'

/** How long the receiver may take for one message; the first that fails ends the turn, and the next goes on. */
const timeoutMs = 10_000

/** Most messages of one turn. */
const maxMessages = 100

/** How many messages one turn has delivered. */
export interface DeliveryCounts {
  readonly fired: number
  readonly resolved: number
}

/**
 * Sends ALERT_WEBHOOK_URL the alerts that have fired and those that are resolved since the last turn, each once, also when
 * another process had the last turn. A message that is not taken is sent again in the next turn; one that was taken
 * just before the process died may come twice, with the same `alertId`. Never throws: who watches must not hurt what is
 * watched.
 *
 * @param report what fires now; read from the lake when absent
 */
export async function deliverAlerts(lake: Lake, report?: AlertReport): Promise<DeliveryCounts> {
  const address = lake.settings.alertWebhookUrl
  if (address === undefined) return { fired: 0, resolved: 0 }
  try {
    const { checkedAt, firing } = report ?? (await readAlerts(lake))
    const before = await readDelivered(lake.store)
    const known = new Map(before.map(alert => [alertKey(alert), alert]))
    const now = new Set(firing.map(alertKey))
    const begun = firing.filter(one => !known.has(alertKey(one)))
    const over = before.filter(alert => !now.has(alertKey(alert)))
    const turn = new Turn(lake, address, known)
    for (const one of begun) await turn.send({ ...one, id: randomUUID(), firedAt: checkedAt }, undefined)
    for (const alert of over) await turn.send(alert, checkedAt)
    if (turn.fired + turn.resolved > 0) await writeDelivered(lake.store, [...known.values()])
    return { fired: turn.fired, resolved: turn.resolved }
  } catch (thrown) {
    lake.log.warn('Alerts cannot be delivered.', { error: redact(asError(thrown).message) })
    return { fired: 0, resolved: 0 }
  }
}

class Turn {
  fired = 0
  resolved = 0
  readonly #lake: Lake
  readonly #address: string
  readonly #known: Map<string, DeliveredAlert>
  #isOver = false

  constructor(lake: Lake, address: string, known: Map<string, DeliveredAlert>) {
    this.#lake = lake
    this.#address = address
    this.#known = known
  }

  async send(alert: DeliveredAlert, resolvedAt: number | undefined): Promise<void> {
    if (this.#isOver || this.fired + this.resolved >= maxMessages) return
    const { store, log } = this.#lake
    try {
      await post(this.#address, commonAlert(alert, store.url, resolvedAt))
    } catch (thrown) {
      this.#isOver = true
      log.warn('The receiver of alerts did not take one; it is sent again in the next turn.', {
        alert: alert.alert,
        error: redact(asError(thrown).message),
      })
      return
    }
    if (resolvedAt === undefined) {
      this.#known.set(alertKey(alert), alert)
      this.fired++
    } else {
      this.#known.delete(alertKey(alert))
      this.resolved++
    }
  }
}

async function post(address: string, message: object): Promise<void> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`it answered ${String(answer.status)}`)
}
