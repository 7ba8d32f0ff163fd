import { silverPath, type Stream } from '../../contract/index.js'
import {
  type AddFile,
  commitInfoOf,
  DeltaError,
  type DeltaTable,
  type TableState,
  type Txn,
} from '../../delta/index.js'
import { asObject, type Json } from '../../types/index.js'
import type { Lake } from '../lake/index.js'

/** Who resolved records, when and why; as it is kept of each. */
export interface ResolutionNote {
  readonly by: string
  /** Milliseconds. */
  readonly at: number
  readonly why: string | undefined
  /** The expression that mended the values; undefined when none did. */
  readonly fix: string | undefined
}

/** One replay as its commit of silver says it. */
export interface ReplayCommit {
  readonly ordinal: bigint
  readonly note: ResolutionNote
  readonly bronzeId: string
  /** Of silver: exactly the rows that it brought. */
  readonly files: readonly AddFile[]
}

const appIdOf = ({ metadata }: Pick<TableState, 'metadata'>) => `lake/${metadata.id}/replay`

/** How many replays silver has had. */
export function replaysOf(silver: Pick<TableState, 'metadata' | 'txns'>): bigint {
  return silver.txns.get(appIdOf(silver))?.version ?? 0n
}

/** The txn of silver's next replay. */
export function nextReplay(silver: Pick<TableState, 'metadata' | 'txns'>, now: number): Txn {
  return { appId: appIdOf(silver), version: replaysOf(silver) + 1n, lastUpdated: now }
}

/** What a replay's commit says of itself, for {@link replaysAfter}. */
export function replayJson(replay: Omit<ReplayCommit, 'files'>): Record<string, Json> {
  const { by, at, why, fix } = replay.note
  return {
    ordinal: String(replay.ordinal),
    by,
    at,
    why: why ?? null,
    fix: fix ?? null,
    bronze: replay.bronzeId,
  }
}

/** Silver's replays after the one with that ordinal, oldest first; without those that log clean-up has removed. */
export async function replaysAfter(lake: Lake, stream: Stream, ordinal: bigint): Promise<readonly ReplayCommit[]> {
  const table = lake.table(silverPath(stream))
  const state = await table.state({ fresh: true })
  if (state === undefined) return []
  const found: ReplayCommit[] = []
  let left = replaysOf(state) - ordinal
  for (let version = state.version; version >= 0 && left > 0n; version--) {
    const replay = await replayAt(table, version)
    if (replay === 'gone') break
    if (replay === undefined) continue
    if (replay.ordinal <= ordinal) break
    found.push(replay)
    left--
  }
  return found.reverse()
}

async function replayAt(table: DeltaTable, version: number): Promise<ReplayCommit | 'gone' | undefined> {
  try {
    for await (const { actions } of table.commitFiles(version, version)) {
      const recorded = asObject(asObject(asObject(commitInfoOf(actions)?.['lake'])?.['silver'])?.['replay'])
      if (recorded === undefined) return undefined
      const text = (name: string) => (typeof recorded[name] === 'string' ? recorded[name] : undefined)
      return {
        ordinal: BigInt(text('ordinal') ?? 0),
        note: { by: text('by') ?? '', at: Number(recorded['at']), why: text('why'), fix: text('fix') },
        bronzeId: text('bronze') ?? '',
        files: actions.flatMap(action => ('add' in action ? [action.add] : [])),
      }
    }
  } catch (error) {
    if (error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP') return 'gone'
    throw error
  }
  return undefined
}
