import { z } from 'zod'

import type { ObjectStore } from '../../storage/index.js'
import type { ToldAlert } from './commonAlert.js'

/** Where the lake keeps which alerts somebody was told of. Hidden from every table reader. */
export const toldPath = '_alerts/told.json'

const optionalText = z.string().optional()
const told = z.object({
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

/** The alerts that were told of and are not over; none where there is nothing that can be read. */
export async function readTold(store: ObjectStore): Promise<readonly ToldAlert[]> {
  const bytes = await store.get(toldPath)
  if (bytes === undefined) return []
  try {
    const { alerts } = told.parse(JSON.parse(new TextDecoder().decode(bytes)))
    return alerts.map(({ stream, table, step, ...rest }) => ({ ...rest, stream, table, step }))
  } catch {
    // Told again rather than never.
    return []
  }
}

/** Keeps them for the next run, of this process or another. */
export async function writeTold(store: ObjectStore, alerts: readonly ToldAlert[]): Promise<void> {
  await store.put(toldPath, new TextEncoder().encode(JSON.stringify({ alerts })))
}
