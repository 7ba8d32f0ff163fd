import type { ObjectStore } from '../../storage/index.js'
import type { Json } from '../../types/index.js'
import { commitInfoOf, readCommits } from './commit.js'
import { listLog } from './logSegment.js'

/** One version as `DESCRIBE HISTORY` shows it; what its writer did not record is null. */
export interface HistoryEntry {
  readonly version: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly operation: string | null
  readonly operationParameters: Json
  readonly operationMetrics: Json
  readonly readVersion: number | null
  readonly isolationLevel: string | null
  readonly isBlindAppend: boolean | null
  /** What the writer's user noted. */
  readonly userMetadata: string | null
  readonly engineInfo: string | null
  readonly txnId: string | null
}

/**
 * The versions whose commits are still in the log, newest first.
 * @param limit how many at most
 */
export async function readHistory(store: ObjectStore, limit = Infinity): Promise<readonly HistoryEntry[]> {
  const { commits } = await listLog(store)
  const versions = [...commits.keys()].sort((a, b) => a - b)
  const last = versions.at(-1)
  if (last === undefined) return []
  // After a cleanup the log may begin with a checkpoint's own commit and have a gap after it.
  let first = last
  while (commits.has(first - 1) && last - first + 1 < limit) first--
  const entries: HistoryEntry[] = []
  for await (const { version, timestamp, actions } of readCommits(store, first, last)) {
    const info = commitInfoOf(actions)
    entries.push({
      version,
      timestamp,
      operation: info?.operation ?? null,
      operationParameters: info?.operationParameters ?? null,
      operationMetrics: info?.operationMetrics ?? null,
      readVersion: info?.readVersion ?? null,
      isolationLevel: info?.isolationLevel ?? null,
      isBlindAppend: info?.isBlindAppend ?? null,
      userMetadata: textOf(info?.['userMetadata']),
      engineInfo: info?.engineInfo ?? null,
      txnId: info?.txnId ?? null,
    })
  }
  return entries.reverse()
}

function textOf(json: Json | undefined): string | null {
  return typeof json === 'string' ? json : null
}
