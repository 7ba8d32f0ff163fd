import { z } from 'zod'

import type { ObjectStore } from '../storage/index.js'
import type { AlertReport } from './readAlerts.js'
import type { FiringAlert } from './rules/index.js'

/** Where it is in the lake; hidden from every reader of tables. */
export const boardPath = '_alerts/board.json'

/** Most changes, and most alerts, that are kept. */
const most = 60

const severity = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
const shown = z.object({
  alert: z.string(),
  title: z.string(),
  severity,
  /** The table, the step or the stream; empty where it is about the whole lake. */
  about: z.string(),
  sentence: z.string(),
  since: z.number(),
  sinceIsKnown: z.boolean(),
  runbook: z.string(),
})
const change = z.object({
  at: z.number(),
  state: z.enum(['fired', 'resolved']),
  alert: z.string(),
  about: z.string(),
  sentence: z.string(),
})
const board = z.object({ firing: z.array(shown), changes: z.array(change) })

/** An alert that fires, as it is shown. */
export type ShownAlert = Readonly<z.infer<typeof shown>>
/** An alert that began or ended; milliseconds of the storage's clock. */
export type AlertChange = Readonly<z.infer<typeof change>>
/** Which alerts fire, the worst first, and which began and ended, the newest first. */
export interface AlertBoard {
  readonly firing: readonly ShownAlert[]
  readonly changes: readonly AlertChange[]
}

/** Nothing was seen yet. */
export const emptyBoard: AlertBoard = { firing: [], changes: [] }

/** The board as the lake has it; empty where there is none, or what is there cannot be read. */
export async function readBoard(store: ObjectStore): Promise<AlertBoard> {
  const bytes = await store.get(boardPath)
  if (bytes === undefined) return emptyBoard
  try {
    return board.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return emptyBoard
  }
}

/** Brings the lake's board up to a report; nothing is written when it says the same. */
export async function renewBoard(store: ObjectStore, report: AlertReport): Promise<void> {
  const before = await readBoard(store)
  const after = boardAfter(before, report)
  if (JSON.stringify(after) === JSON.stringify(before)) return
  await store.put(boardPath, new TextEncoder().encode(JSON.stringify(after)))
}

/** Pure: what fires now, and what has begun and ended since. */
export function boardAfter(before: AlertBoard, { checkedAt, firing }: AlertReport): AlertBoard {
  const now = firing.slice(0, most).map(shownOf)
  const [had, has] = [new Set(before.firing.map(keyOf)), new Set(now.map(keyOf))]
  const began = now.filter(alert => !had.has(keyOf(alert)))
  const ended = before.firing.filter(alert => !has.has(keyOf(alert)))
  const changeOf = (state: AlertChange['state']) =>
    function ({ alert, about, sentence }: ShownAlert): AlertChange {
      return { at: checkedAt, state, alert, about, sentence }
    }
  const changes = [...began.map(changeOf('fired')), ...ended.map(changeOf('resolved')), ...before.changes]
  return { firing: now, changes: changes.slice(0, most) }
}

const keyOf = ({ alert, about }: ShownAlert) => JSON.stringify([alert, about])

function shownOf(found: FiringAlert): ShownAlert {
  const { alert, title, severity: level, sentence, since, sinceIsKnown, runbook, table, step, stream } = found
  const about = table ?? (step === undefined ? (stream ?? '') : stream === undefined ? step : `${step} of ${stream}`)
  return { alert, title, severity: level, about, sentence: sentence.slice(0, 600), since, sinceIsKnown, runbook }
}
