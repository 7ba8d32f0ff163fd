import { z } from 'zod'

import type { ObjectStore } from '../../storage/index.js'
import type { DeliveredAlert } from './commonAlert.js'

/** Where the lake keeps which alerts were delivered, a file a version. Hidden from every table reader. */
const folder = '_alerts/delivered/'

/**
 * Versions that are older were surely read by nobody who is about to write the next. A version may only be removed when that
 * is so: its number would be free again for a writer that has read what was before it.
 */
const removedAfterMs = 3_600_000

/** Tries of one change; each that fails is somebody else's that did not. */
const mostTries = 20

/** An alert of which a message was sent, or is being sent. */
export interface TrackedAlert extends DeliveredAlert {
  /** The message that somebody is sending, or was sending when its process ended; undefined when nobody is. */
  readonly due?: DueMessage | undefined
}

/** A message to be sent, and who may send it. */
export interface DueMessage {
  readonly state: 'Fired' | 'Resolved'
  /** Until then only who claimed it sends it, milliseconds of the storage's clock; 0 when it was given back. */
  readonly until: number
}

const optionalText = z.string().optional()
const trackedAlerts = z.object({
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
      due: z.object({ state: z.enum(['Fired', 'Resolved']), until: z.number() }).optional(),
    }),
  ),
})

/**
 * Changes which alerts were delivered by a conditional write: of any number of processes that change it at one moment, one
 * wins, and each other begins again with what the winner wrote.
 *
 * @param change what becomes of the alerts; undefined to leave them. Called again after a lost race
 * @param now milliseconds of the storage's clock
 * @throws StorageError; with `ambiguous` the change may have been written
 */
export async function changeDelivered(
  store: ObjectStore,
  now: number,
  change: (alerts: readonly TrackedAlert[]) => readonly TrackedAlert[] | undefined,
): Promise<void> {
  for (let tries = 0; tries < mostTries; tries++) {
    const versions = []
    for await (const file of store.list(folder)) versions.push(file)
    const newest = versions.at(-1)
    const changed = change(newest === undefined ? [] : parsed(await store.get(newest.path)))
    if (changed === undefined) return
    const number = newest === undefined ? 0 : Number(newest.path.slice(folder.length, -'.json'.length))
    const path = `${folder}${String(number + 1).padStart(20, '0')}.json`
    const outcome = await store.putIfAbsent(path, new TextEncoder().encode(JSON.stringify({ alerts: changed })))
    if (outcome === 'exists') continue
    for (const { path: old, modifiedAt } of versions) if (modifiedAt < now - removedAfterMs) await store.delete(old)
    return
  }
  throw new Error(`others changed ${folder} ${mostTries} times meanwhile`)
}

/** What cannot be read is no reason to be silent: those alerts are delivered again rather than never. */
function parsed(bytes: Uint8Array | undefined): readonly TrackedAlert[] {
  if (bytes === undefined) return []
  try {
    const { alerts } = trackedAlerts.parse(JSON.parse(new TextDecoder().decode(bytes)))
    return alerts.map(({ stream, table, step, ...rest }) => ({ ...rest, stream, table, step }))
  } catch {
    return []
  }
}
