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

/** Commits this short are kept, and this many of them, so that a conflict check need not fetch them again. */
const keptActions = 1_000
const keptCommits = 32

/** The newest version of a table that this process knows of, and how fresh that knowledge is. */
export class Tip {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #maxAgeMs: number
  #state: TableState | undefined
  #lookedAt = -Infinity
  readonly #recent = new Map<number, CommitFile>()

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
    if (commit.actions.length > keptActions) return
    this.#recent.set(commit.version, { version: commit.version, actions: commit.actions })
    if (this.#recent.size <= keptCommits) return
    const oldest = this.#recent.keys().next()
    if (oldest.done !== true) this.#recent.delete(oldest.value)
  }

  #forget(): void {
    this.#state = undefined
    this.#lookedAt = -Infinity
    this.#recent.clear()
  }
}
