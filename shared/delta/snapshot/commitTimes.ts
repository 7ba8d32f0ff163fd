import type { ObjectStore } from '../../storage/index.js'
import { DeltaError } from '../deltaError.js'
import { inCommitTimestampOf, listLog, type LogSegment, readCommitFile, versionGap } from '../log/index.js'
import { isOn } from '../protocol/index.js'
import { loadState } from './stateReader.js'

/** A version and when it was committed. */
export interface DatedVersion {
  readonly version: number
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** What a time outside those of the table's versions means; an error when absent. */
export interface TimeTravelOptions {
  /** A time after the newest version means the newest. */
  readonly toNewest?: boolean | undefined
  /** A time before the oldest version that can be read means the oldest. */
  readonly toOldest?: boolean | undefined
}

/**
 * The newest version that was there at `timestamp` (milliseconds since 1970). Versions are dated by their in-commit
 * timestamps where the table keeps them, and before that by the times of their log files, which are made to grow with
 * the versions (PROTOCOL.md, "In-Commit Timestamps").
 *
 * @returns undefined when there is no table
 * @throws DeltaError DELTA_NO_VERSION, with the first or last time there is, for a time before the oldest version that
 * can still be read, or after the newest
 */
export async function commitAt(
  store: ObjectStore,
  timestamp: number,
  options: TimeTravelOptions = {},
): Promise<DatedVersion | undefined> {
  const dates = await readDates(store)
  if (dates === undefined) return undefined
  const found = await newestUntil(dates, timestamp)
  if (found === undefined) {
    const oldest = await dates.dated(dates.first)
    if (options.toOldest === true) return oldest
    throw noVersionAt(
      store,
      `there is no version of ${dateText(timestamp)} or before; the oldest that can be read, ${oldest.version}, is of ${dateText(oldest.timestamp)}`,
      {
        timestamp,
        oldestVersion: oldest.version,
        oldestTimestamp: oldest.timestamp,
      },
    )
  }
  if (found.version === dates.last && found.timestamp < timestamp && options.toNewest !== true)
    throw noVersionAt(
      store,
      `${dateText(timestamp)} is after the newest version, ${found.version}, of ${dateText(found.timestamp)}; leave the time out for the newest`,
      {
        timestamp,
        newestVersion: found.version,
        newestTimestamp: found.timestamp,
      },
    )
  return found
}

/** The version of {@link commitAt}. */
export async function versionAt(
  store: ObjectStore,
  timestamp: number,
  options?: TimeTravelOptions,
): Promise<number | undefined> {
  return (await commitAt(store, timestamp, options))?.version
}

/**
 * The oldest version that was committed at `timestamp` or later, of those that can still be read.
 * @returns undefined when there is no table
 * @throws DeltaError DELTA_NO_VERSION for a time after the newest version
 */
export async function firstVersionFrom(store: ObjectStore, timestamp: number): Promise<number | undefined> {
  const dates = await readDates(store)
  if (dates === undefined) return undefined
  const before = await newestUntil(dates, timestamp)
  if (before === undefined) return dates.first
  if (before.timestamp === timestamp) return before.version
  if (before.version < dates.last) return before.version + 1
  throw noVersionAt(
    store,
    `nothing was committed at ${dateText(timestamp)} or later; the newest version, ${before.version}, is of ${dateText(before.timestamp)}`,
    {
      timestamp,
      newestVersion: before.version,
      newestTimestamp: before.timestamp,
    },
  )
}

/** When the versions that can be read were committed. */
interface Dates {
  readonly first: number
  readonly last: number
  /** The first version with an in-commit timestamp, and that time; beyond `last` when none has one. */
  readonly ownFrom: DatedVersion
  readonly dated: (version: number) => Promise<DatedVersion>
}

async function readDates(store: ObjectStore): Promise<Dates | undefined> {
  const state = await loadState(store)
  if (state === undefined) return undefined
  const segment = await listLog(store)
  const first = firstReadable(store, segment)
  const ownFrom = enabledFrom(state.metadata.configuration) ?? { version: segment.tip + 1, timestamp: Infinity }
  const ofFiles = fileTimes(segment, first)
  return {
    first,
    last: segment.tip,
    ownFrom,
    dated: async version => ({
      version,
      timestamp: version >= ownFrom.version ? await ownTime(store, version) : ofFiles(version),
    }),
  }
}

/** By binary search: times grow with versions, among those with in-commit timestamps and among the others. */
async function newestUntil(
  { first, last, ownFrom, dated }: Dates,
  timestamp: number,
): Promise<DatedVersion | undefined> {
  const byFiles = ownFrom.version > first && timestamp < ownFrom.timestamp
  let low = byFiles ? first : Math.max(first, ownFrom.version)
  let high = byFiles ? Math.min(last, ownFrom.version - 1) : last
  let found: DatedVersion | undefined
  while (low <= high) {
    const middle = await dated(Math.ceil((low + high) / 2))
    if (middle.timestamp <= timestamp) {
      found = middle
      low = middle.version + 1
    } else high = middle.version - 1
  }
  return found
}

function noVersionAt(store: ObjectStore, message: string, data: Readonly<Record<string, number>>): DeltaError {
  return new DeltaError('DELTA_NO_VERSION', message, { where: { table: store.url }, data })
}

/** The times of log files, each later than the one before. */
export function fileTimes({ commits }: Pick<LogSegment, 'commits'>, first: number): (version: number) => number {
  const times = new Map<number, number>()
  let previous = -Infinity
  for (const version of [...commits.keys()].filter(of => of >= first).sort((a, b) => a - b)) {
    previous = Math.max(commits.get(version)?.modifiedAt ?? 0, previous + 1)
    times.set(version, previous)
  }
  return version => times.get(version) ?? 0
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
function enabledFrom(configuration: Readonly<Record<string, string>>): DatedVersion | undefined {
  if (!isOn(configuration, 'delta.enableInCommitTimestamps')) return undefined
  const version = Number(configuration['delta.inCommitTimestampEnablementVersion'] ?? 0)
  const timestamp = Number(configuration['delta.inCommitTimestampEnablementTimestamp'] ?? -Infinity)
  return { version, timestamp }
}

/** The oldest version with a commit from which on every version can be reconstructed. */
function firstReadable(store: ObjectStore, { commits, checkpoints, tip }: LogSegment): number {
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
