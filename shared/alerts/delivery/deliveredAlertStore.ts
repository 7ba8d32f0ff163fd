import { z } from 'zod'

import type { ObjectStore } from '../../storage/index.js'
import type { DeliveredAlert } from './commonAlert.js'

/** Where the lake keeps which alerts were delivered. Hidden from every table reader. */
const deliveredPath = '_alerts/told.json'

const optionalText = z.string().optional()
const deliveredAlerts = z.object({
  alerts: z.array(
    z.object({
      id: z.string(),
      firedAt: z.number(),
      alert: z.string(),
      title: z.string(),
      severity: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
      stream: optionalText,
      table: optionalText,
      step: optionalText,
      value: z.number(),
      threshold: z.number(),
      since: z.number(),
      sinceIsKnown: z.boolean(),
      sentence: z.string(),
      runbook: z.string(),
    }),
  ),
})

/** The alerts that were delivered and are not resolved; none where there is nothing that can be read. */
export async function readDelivered(store: ObjectStore): Promise<readonly DeliveredAlert[]> {
  const bytes = await store.get(deliveredPath)
  if (bytes === undefined) return []
  try {
    const { alerts } = deliveredAlerts.parse(JSON.parse(new TextDecoder().decode(bytes)))
    return alerts.map(({ stream, table, step, ...rest }) => ({ ...rest, stream, table, step }))
  } catch {
    // Delivered again rather than never.
    return []
  }
}

/** Keeps them for the next run, of this process or another. */
export async function writeDelivered(store: ObjectStore, alerts: readonly DeliveredAlert[]): Promise<void> {
  await store.put(deliveredPath, new TextEncoder().encode(JSON.stringify({ alerts })))
}
