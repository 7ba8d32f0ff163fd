import { asError, reasonText } from '../../errors.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { redact } from '../../telemetry/index.js'
import { type AlertReport, readAlerts } from '../readAlerts.js'
import { type Claim, claimMessages, type ClaimOutcome, settleClaims, withClaims } from './claims.js'
import { commonAlert } from './commonAlert.js'
import { changeDelivered, type TrackedAlert } from './deliveredAlertStore.js'

/** How long the receiver may take for one message; the first that fails ends the turn, and the next goes on. */
const timeoutMs = 10_000

/** Most messages of one turn. */
const maxMessages = 100

/** How long a turn's claims hold: nobody else sends its messages before. */
const claimMs = 120_000

/** How many messages one turn has delivered. */
export interface DeliveryCounts {
  readonly fired: number
  readonly resolved: number
}

/**
 * Sends ALERT_WEBHOOK_URL the alerts that have fired and those that are resolved since the last turn. Each message is claimed
 * by a conditional write before it is sent, so that of evaluators that look at one moment one sends it.
 *
 * What is sent is sent at least once, because no receiver's answer and no write of ours can be one act: an answer that was
 * lost, and a process that ended between sending and writing that it had sent, leave open whether the message came. Then
 * it is sent again, in the next turn or when the claim is over, with the same `alertId`, by which a receiver can know it.
 * Never throws: who watches must not hurt what is watched.
 *
 * @param report what fires now; read from the lake when absent
 */
export async function deliverAlerts(lake: Lake, report?: AlertReport): Promise<DeliveryCounts> {
  const address = lake.settings.alertWebhookUrl
  if (address === undefined) return { fired: 0, resolved: 0 }
  const { store, log } = lake
  try {
    const { checkedAt: now, firing } = report ?? (await readAlerts(lake))
    const { claims, before } = await claim(lake, { firing, now, until: now + claimMs, most: maxMessages })
    if (claims.length === 0) return { fired: 0, resolved: 0 }
    const settled = await sendClaims(lake, address, claims)
    await changeDelivered(store, now, known => settleClaims(known, settled, before))
    const taken = claims.filter(one => settled.get(one) === 'taken')
    const fired = taken.filter(({ due }) => due.state === 'Fired').length
    return { fired, resolved: taken.length - fired }
  } catch (thrown) {
    log.warn('Alerts cannot be delivered.', { error: redact(asError(thrown).message) })
    return { fired: 0, resolved: 0 }
  }
}

async function claim(lake: Lake, turn: Parameters<typeof claimMessages>[1]) {
  let claims: readonly Claim[] = []
  let before: readonly TrackedAlert[] = []
  await changeDelivered(lake.store, turn.now, known => {
    before = known
    claims = claimMessages(known, turn)
    return claims.length === 0 ? undefined : withClaims(known, claims)
  })
  return { claims, before }
}

/** Sends one after the other, as long as they are taken and the claims hold. */
async function sendClaims(
  { store, log, clock }: Lake,
  address: string,
  claims: readonly Claim[],
): Promise<ReadonlyMap<Claim, ClaimOutcome>> {
  const settled = new Map<Claim, ClaimOutcome>(claims.map(one => [one, 'unsent']))
  const begun = clock.monotonic()
  for (const one of claims) {
    // Another evaluator may send it when the claim is over: what cannot be answered before is the next turn's.
    if (clock.monotonic() - begun > claimMs - 2 * timeoutMs) break
    const { alert, due } = one
    settled.set(one, 'unsure')
    try {
      await post(address, commonAlert(alert, store.url, due.state === 'Fired' ? undefined : due.until - claimMs))
    } catch (thrown) {
      log.warn('The receiver of alerts did not take one; it is sent again in the next turn.', {
        alert: alert.alert,
        error: redact(reasonText(thrown)),
      })
      break
    }
    settled.set(one, 'taken')
  }
  return settled
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
