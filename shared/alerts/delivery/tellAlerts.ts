import { randomUUID } from 'node:crypto'

import { asError } from '../../errors.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { redact } from '../../telemetry/index.js'
import { type AlertReport, readAlerts } from '../readAlerts.js'
import { alertKey, commonAlert, type ToldAlert } from './commonAlert.js'
import { readTold, writeTold } from './toldAlerts.js'

/** How long the receiver may take for one message; the first that fails ends the turn, and the next goes on. */
const timeoutMs = 10_000

/** Most messages of one turn. */
const mostMessages = 100

/** What one turn has told. */
export interface Told {
  readonly fired: number
  readonly resolved: number
}

/**
 * Tells ALERT_WEBHOOK_URL of alerts that have begun and of those that are over since the last turn, each once, also when
 * another process had the last turn. A message that is not taken is sent again in the next turn; one that was taken
 * just before the process died may come twice, with the same `alertId`. Never throws: who watches must not hurt what is
 * watched.
 *
 * @param report what fires now; read from the lake when absent
 */
export async function tellAlerts(lake: Lake, report?: AlertReport): Promise<Told> {
  const address = lake.settings.alertWebhookUrl
  if (address === undefined) return { fired: 0, resolved: 0 }
  try {
    const { checkedAt, firing } = report ?? (await readAlerts(lake))
    const before = await readTold(lake.store)
    const known = new Map(before.map(told => [alertKey(told), told]))
    const now = new Set(firing.map(alertKey))
    const begun = firing.filter(one => !known.has(alertKey(one)))
    const over = before.filter(told => !now.has(alertKey(told)))
    const turn = new Turn(lake, address, known)
    for (const one of begun) await turn.tell({ ...one, id: randomUUID(), firedAt: checkedAt }, undefined)
    for (const told of over) await turn.tell(told, checkedAt)
    if (turn.fired + turn.resolved > 0) await writeTold(lake.store, [...known.values()])
    return { fired: turn.fired, resolved: turn.resolved }
  } catch (thrown) {
    lake.log.warn('Alerts cannot be told.', { error: redact(asError(thrown).message) })
    return { fired: 0, resolved: 0 }
  }
}

class Turn {
  fired = 0
  resolved = 0
  readonly #lake: Lake
  readonly #address: string
  readonly #known: Map<string, ToldAlert>
  #isOver = false

  constructor(lake: Lake, address: string, known: Map<string, ToldAlert>) {
    this.#lake = lake
    this.#address = address
    this.#known = known
  }

  async tell(told: ToldAlert, resolvedAt: number | undefined): Promise<void> {
    if (this.#isOver || this.fired + this.resolved >= mostMessages) return
    const { store, log } = this.#lake
    try {
      await post(this.#address, commonAlert(told, store.url, resolvedAt))
    } catch (thrown) {
      this.#isOver = true
      log.warn('The receiver of alerts did not take one; it is sent again in the next turn.', {
        alert: told.alert,
        error: redact(asError(thrown).message),
      })
      return
    }
    if (resolvedAt === undefined) {
      this.#known.set(alertKey(told), told)
      this.fired++
    } else {
      this.#known.delete(alertKey(told))
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
