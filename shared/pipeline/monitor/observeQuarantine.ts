import { rejectionCodes, resolvedPath, type Stream } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { type DuckDbSession, identifier, literal } from '../../query/index.js'
import { namedValues, type Row } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { Waiting } from '../outcomes/index.js'
import { numberIn } from './measure.js'
import type { Reconciliation } from './reconciliation.js'
import { noFiles } from './tableHealth.js'
import { type MonitorState } from './tablePositions.js'

/** For each reason how many rows were rejected for it, and when the oldest was ingested: a part of bronze's aggregate. */
export const waitingAggregate: readonly string[] = rejectionCodes.flatMap(code => {
  const rows = `FILTER (_error_code = ${literal(code)})`
  return [
    `count(*) ${rows} AS ${identifier(`count/${code}`)}`,
    `min(epoch_us(_ingested_at)) ${rows} AS ${identifier(`oldest/${code}`)}`,
  ]
})

/** What waits once rows are there that were measured by {@link waitingAggregate}. */
export function withWaiting(before: Reconciliation['waiting'], measured: readonly Row[]): Reconciliation['waiting'] {
  if (before === undefined) return undefined
  const waiting = Object.assign(namedValues<Waiting>(), before)
  for (const row of measured) {
    for (const code of rejectionCodes) {
      const count = numberIn(row, `count/${code}`)
      if (count === 0) continue
      const known = waiting[code]
      const oldest = numberIn(row, `oldest/${code}`)
      waiting[code] =
        known === undefined || known.count === 0
          ? { count, oldest }
          : { count: known.count + count, oldest: Math.min(known.oldest, oldest) }
    }
  }
  return waiting
}

/** The tables as they were observed, and whether rows were taken from one of them. */
export interface ObservedLayers {
  readonly bronze: TableState | undefined
  readonly silver: TableState | undefined
  readonly hasLostRows: boolean
}

/**
 * What waits in quarantine and what was settled. New rejected rows were counted with bronze's; all of them are counted
 * again only when an outcome came, or rows were taken from a table. Where that fails nothing is known, and the next run
 * counts again.
 */
export async function observeQuarantine(
  lake: Lake,
  session: DuckDbSession,
  stream: Stream,
  before: MonitorState,
  { bronze, silver, hasLostRows }: ObservedLayers,
): Promise<MonitorState> {
  if (bronze === undefined) return before
  const path = resolvedPath(stream)
  const known = before.positions[path]
  try {
    const outcomes = await outcomesOf(lake, stream, silver)
    const isSame = known?.id === outcomes?.metadata.id && known?.version === outcomes?.version
    if (isSame && !(hasLostRows && outcomes !== undefined) && before.reconciliation.waiting !== undefined) return before
    const { countQuarantine } = await import('../outcomes/index.js')
    const { waiting, settled } = await countQuarantine(session, lake, stream, { bronze, silver, outcomes })
    const others = Object.fromEntries(Object.entries(before.positions).filter(([name]) => name !== path))
    const position = outcomes && { ...noFiles, id: outcomes.metadata.id, version: outcomes.version }
    return {
      reconciliation: { ...before.reconciliation, waiting, settled },
      positions: position === undefined ? others : { ...others, [path]: position },
    }
  } catch (error) {
    lake.log.error(`The quarantine of ${stream.name} cannot be counted.`, { error: asError(error).message })
    return { ...before, reconciliation: { ...before.reconciliation, waiting: undefined } }
  }
}

/** The outcomes, with every replay that silver has: one that was killed may have left its own unwritten. */
async function outcomesOf(lake: Lake, stream: Stream, silver: TableState | undefined): Promise<TableState | undefined> {
  const table = lake.table(resolvedPath(stream))
  const state = await table.state({ fresh: true })
  if (silver === undefined || ![...silver.txns.keys()].some(appId => appId.endsWith('/replay'))) return state
  const { recordedReplays, recordOutcomes, replaysOf } = await import('../outcomes/index.js')
  if (state !== undefined && recordedReplays(state, silver) >= replaysOf(silver)) return state
  await recordOutcomes(lake, stream)
  return table.state({ fresh: true })
}
