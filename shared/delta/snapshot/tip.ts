import type { Clock } from '../../clock.js'
import type { ObjectStore } from '../../storage/index.js'
import { type CommitFile, readCommitFile, versionGap } from '../log/index.js'
import type { TableState } from '../protocol/index.js'
import { followState, loadState, refreshState } from './stateReader.js'

/**
 * Milliseconds: no commit is built on a state that was last seen to be the newest longer ago, but for one whose table is
 * opened with another.
 */
export const maxTipAgeMs = 60_000

/** Commits this short are kept, so that a conflict check and whoever follows the table need not fetch them again. */
const longestKept = 1_000
/** Of all that are kept. A minute of a table that is written each second is some hundreds. */
const keptActions = 16_000
const keptCommits = 256

/** The newest version of a table that this process knows of, and how fresh that knowledge is. */
export class Tip {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #maxAgeMs: number
  #state: TableState | undefined
  #lookedAt = -Infinity
  readonly #recent = new Map<number, CommitFile>()
  /** Of these, this process's own: as they were given, not as a reader finds them. */
  readonly #own = new Set<number>()
  #actions = 0

  /** @param maxAgeMs how long an absent next version is taken as the log's end without a listing */
  constructor(store: ObjectStore, clock: Clock, maxAgeMs: number) {
    this.#store = store
    this.#clock = clock
    this.#maxAgeMs = maxAgeMs
  }

  /** What is known already; reads the log when that is nothing. */
  async known(): Promise<TableState | undefined> {
    return this.#state ?? this.latest()
  }

  /** The newest state there is. */
  async latest(): Promise<TableState | undefined> {
    const startedAt = this.#clock.monotonic()
    const state = this.#state
    const keep = (commit: CommitFile) => {
      this.#keep(commit)
    }
    if (state === undefined) return this.#learn(await loadState(this.#store, keep), startedAt)
    const revised = this.#isStale()
      ? await refreshState(this.#store, state, keep)
      : await followState(this.#store, state, keep, this.#recent)
    // Older than what was known, or missing: the table was deleted, perhaps recreated, and nothing cached is valid any
    // more.
    if (revised === undefined || revised.version < state.version || revised.metadata.id !== state.metadata.id) {
      if (this.#state === state) this.#forget()
    }
    return this.#learn(revised, startedAt)
  }

  /** The state to build a commit on: known, unless that is too old to be trusted with a put-if-absent. */
  async forCommit(): Promise<TableState | undefined> {
    return this.#state === undefined || this.#isStale() ? this.latest() : this.#state
  }

  /** Records a commit of another, found where one of this process was to be. */
  saw(commit: CommitFile): void {
    this.#keep(commit)
  }

  /** Records a commit of this process, and the state after it. */
  accept(commit: CommitFile, state: TableState): void {
    this.#keep(commit)
    if (this.#recent.has(commit.version)) this.#own.add(commit.version)
    this.#learn(state, this.#clock.monotonic())
  }

  /**
   * A commit of the log.
   *
   * @throws DeltaError DELTA_VERSION_GAP when it was deleted
   */
  async commit(version: number): Promise<CommitFile> {
    const commit = this.#recent.get(version) ?? (await readCommitFile(this.#store, version))
    if (commit === undefined) throw versionGap(this.#store, version)
    return commit
  }

  /** A commit as the log has it, from memory where it was read lately; `undefined` when there is none. */
  async read(version: number): Promise<CommitFile | undefined> {
    const recent = this.#own.has(version) ? undefined : this.#recent.get(version)
    if (recent !== undefined) return recent
    const read = await readCommitFile(this.#store, version)
    if (read !== undefined) this.#keep(read)
    return read
  }

  #isStale(): boolean {
    return this.#clock.monotonic() - this.#lookedAt > this.#maxAgeMs
  }

  /** Reads run side by side: one that ends late must not put back what another has found since. */
  #learn(state: TableState | undefined, at: number): TableState | undefined {
    if (state === undefined) return undefined
    if (this.#state === undefined || state.version >= this.#state.version) {
      this.#state = state
      this.#lookedAt = Math.max(this.#lookedAt, at)
    }
    return state
  }

  #keep(commit: CommitFile): void {
    if (commit.actions.length > longestKept) return
    this.#drop(commit.version)
    this.#recent.set(commit.version, { version: commit.version, actions: commit.actions })
    this.#actions += commit.actions.length
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= keptCommits && this.#actions <= keptActions) return
      this.#drop(oldest)
    }
  }

  #drop(version: number): void {
    this.#actions -= this.#recent.get(version)?.actions.length ?? 0
    this.#recent.delete(version)
    this.#own.delete(version)
  }

  #forget(): void {
    this.#state = undefined
    this.#lookedAt = -Infinity
    this.#recent.clear()
    this.#own.clear()
    this.#actions = 0
  }
}
