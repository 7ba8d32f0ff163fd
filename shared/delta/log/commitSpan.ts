import { isRetryable } from '../../errors.js'
import type { ObjectInfo, ObjectStore } from '../../storage/index.js'
import { type Action, decodeActions } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import { readCommitFile, versionGap } from './commit.js'
import type { VersionRange } from './logName.js'
import type { LogSegment } from './logSegment.js'
import { readAhead } from './readAhead.js'

/** Versions that are replayed as one: a commit, or the reconciled actions of several in a log compaction file. */
export interface CommitSpan extends VersionRange {
  readonly actions: readonly Action[]
}

/** Where a segment is read from; without a file from the commits themselves. */
export interface SpanPlan extends VersionRange {
  readonly file?: ObjectInfo | undefined
}

/** In which order versions are read. */
export type ReplayOrder = 'oldestFirst' | 'newestFirst'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The segments that make versions `from` … `to`, oldest first: the log compaction files that lie wholly inside, the one
 * that reaches furthest where several begin, and commits for the rest.
 */
export function planSpans({ compacted }: Pick<LogSegment, 'compacted'>, from: number, to: number): SpanPlan[] {
  const furthest = new Map<number, SpanPlan>()
  // In their order the last of those that begin alike reaches furthest.
  for (const range of compacted) if (range.to <= to) furthest.set(range.from, range)
  const plan: SpanPlan[] = []
  for (let version = from; version <= to; version = (plan.at(-1)?.to ?? version) + 1) {
    plan.push(furthest.get(version) ?? { from: version, to: version })
  }
  return plan
}

/**
 * Versions `from` … `to`, both inclusive, for a replay that needs their reconciled actions and not each commit's own. A
 * log compaction file that is missing or damaged is passed over for the commits that it covers.
 *
 * @throws DeltaError DELTA_VERSION_GAP when a commit is missing that has to be read
 */
export async function* readSpans(
  store: ObjectStore,
  segment: Pick<LogSegment, 'compacted'>,
  from: number,
  to: number,
  order: ReplayOrder = 'oldestFirst',
): AsyncGenerator<CommitSpan, void> {
  const plan = planSpans(segment, from, to)
  if (order === 'newestFirst') plan.reverse()
  for await (const [part, span] of readAhead(plan, one => readSpan(store, one))) {
    if (span !== undefined) yield span
    else if (part.file === undefined) throw versionGap(store, part.from)
    else yield* readSpans(store, { compacted: [] }, part.from, part.to, order)
  }
}

async function readSpan(store: ObjectStore, { from, to, file }: SpanPlan): Promise<CommitSpan | undefined> {
  if (file === undefined) {
    const commit = await readCommitFile(store, from)
    return commit === undefined ? undefined : { from, to, actions: commit.actions }
  }
  const actions = await readCompacted(store, file)
  return actions === undefined ? undefined : { from, to, actions }
}

/** Nothing when it is missing, damaged, or empty: then the commits are read. */
async function readCompacted(store: ObjectStore, { path }: ObjectInfo): Promise<readonly Action[] | undefined> {
  const bytes = await store.get(path)
  if (bytes === undefined || bytes.length === 0) return undefined
  try {
    return decodeActions(decoder.decode(bytes), { table: store.url, file: path })
  } catch (error) {
    if (isRetryable(error) || !(error instanceof DeltaError || error instanceof TypeError)) throw error
    return undefined
  }
}
