import type { ObjectStore } from '../storage/objectStore.js'
import { inCommitTimestampOf, readCommitFile, versionGap } from './commit.js'
import { DeltaError } from './deltaError.js'
import { listLog, type LogListing } from './logListing.js'
import { loadState } from './stateReader.js'

/**
 * The newest version that was there at `timestamp` (milliseconds since 1970); the newest of all for a time after it.
 * Versions are dated by their in-commit timestamps where the table keeps them, and before that by the times of their
 * log files, which are made to grow with the versions (PROTOCOL.md, "In-Commit Timestamps").
 *
 * @returns undefined when there is no table
 * @throws DeltaError DELTA_NO_VERSION for a time before the oldest version that can still be read
 */
export async function versionAt(store: ObjectStore, timestamp: number): Promise<number | undefined> {
  const state = await loadState(store)
  if (state === undefined) return undefined
  const { configuration } = state.metadata
  const listing = await listLog(store)
  const first = firstReadable(store, listing)
  const enabled = enabledFrom(configuration)
  const ofFiles = fileTimes(listing, first)
  if (enabled === undefined) return lastAtOrBefore(store, { first, last: listing.tip }, timestamp, ofFiles)
  if (enabled.version > first && timestamp < enabled.timestamp)
    return lastAtOrBefore(store, { first, last: enabled.version - 1 }, timestamp, ofFiles)
  const dated = { first: Math.max(first, enabled.version), last: listing.tip }
  return lastAtOrBefore(store, dated, timestamp, version => ownTime(store, version))
}

/** The times of log files, each later than the one before. Pure; no I/O. */
export function fileTimes({ commits }: Pick<LogListing, 'commits'>, first: number): (version: number) => number {
  const times = new Map<number, number>()
  let previous = -Infinity
  for (const version of [...commits.keys()].filter(of => of >= first).sort((a, b) => a - b)) {
    previous = Math.max(commits.get(version)?.modifiedAt ?? 0, previous + 1)
    times.set(version, previous)
  }
  return version => times.get(version) ?? 0
}

interface Versions {
  readonly first: number
  readonly last: number
}

/** By halving: times grow with versions. */
async function lastAtOrBefore(
  store: ObjectStore,
  { first, last }: Versions,
  timestamp: number,
  timeOf: (version: number) => number | Promise<number>,
): Promise<number> {
  const oldest = await timeOf(first)
  if (oldest > timestamp) {
    const [wanted, found] = [dateText(timestamp), dateText(oldest)]
    throw new DeltaError('DELTA_NO_VERSION', `there is no version of ${wanted} or before; the oldest that can be read, ${first}, is of ${found}`, {
      where: { table: store.url },
      data: { timestamp, oldestVersion: first, oldestTimestamp: oldest },
    })
  }
  let [low, high] = [first, last]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((await timeOf(middle)) <= timestamp) low = middle
    else high = middle - 1
  }
  return low
}

async function ownTime(store: ObjectStore, version: number): Promise<number> {
  const commit = await readCommitFile(store, version)
  if (commit === undefined) throw versionGap(store, version)
  const timestamp = inCommitTimestampOf(commit.actions)
  if (timestamp !== undefined) return timestamp
  throw new DeltaError('DELTA_BAD_COMMIT', 'a commit has no inCommitTimestamp although its table keeps them', {
    where: { table: store.url, version },
  })
}

/** From where on commits carry their own time; undefined when the newest does not. */
function enabledFrom(configuration: Readonly<Record<string, string>>): { readonly version: number; readonly timestamp: number } | undefined {
  if (configuration['delta.enableInCommitTimestamps']?.toLowerCase() !== 'true') return undefined
  const version = Number(configuration['delta.inCommitTimestampEnablementVersion'] ?? 0)
  const timestamp = Number(configuration['delta.inCommitTimestampEnablementTimestamp'] ?? -Infinity)
  return { version, timestamp }
}

/** The oldest version with a commit, and all that it and those after it are made of. */
function firstReadable(store: ObjectStore, { commits, checkpoints, tip }: LogListing): number {
  let first = tip
  while (commits.has(first - 1)) first--
  if (first === 0 || checkpoints.length === 0) {
    if (commits.has(first)) return first
    throw versionGap(store, first)
  }
  const checkpoint = checkpoints.find(({ version }) => version >= first - 1)
  if (checkpoint === undefined) throw versionGap(store, first - 1)
  return commits.has(checkpoint.version) || checkpoint.version === tip ? checkpoint.version : checkpoint.version + 1
}

function dateText(timestamp: number): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString()
}
