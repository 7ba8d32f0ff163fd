import { inWords } from '../../types/index.js'
import type { Reconciliation } from './reconciliation.js'

/**
 * How many records are in quarantine whose oldest has been there for longer than it may, in words.
 *
 * @param now milliseconds
 * @param late milliseconds; undefined when they may wait for ever
 */
export function overdueOf(
  waiting: Reconciliation['waiting'],
  now: number,
  late: number | undefined,
): string | undefined {
  if (late === undefined) return undefined
  const kinds = Object.entries(waiting ?? {}).filter(([, { count }]) => count > 0)
  const overdue = kinds.filter(([, { oldest }]) => now - oldest / 1000 > late)
  if (overdue.length === 0) return undefined
  const sentences = overdue.map(([reason, { count, oldest }]) => {
    const age = inWords((now - oldest / 1000) / 1000)
    return `${count} of ${reason}, the oldest for ${age}`
  })
  return `rejected records are in quarantine for longer than ${inWords(late / 1000)}: ${sentences.join('; ')}`
}
