import type { StructType } from '../../types/index.js'
import {
  type Action,
  type DomainMetadata,
  type Metadata,
  type Protocol,
  sizeChanges,
  type Txn,
} from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { inCommitTimestampOf } from '../log/index.js'
import { isOn, type TableState, type Totals } from '../protocol/index.js'
import { parseSchema } from '../schema/index.js'

/** Folds actions, oldest first, into a {@link TableState}. */
export class StateReplay {
  #protocol: Protocol | undefined
  #metadata: Metadata | undefined
  #schema: StructType | undefined
  #txns: Map<string, Txn>
  #domains: Map<string, DomainMetadata>
  #totals: Totals | undefined

  /** Starts from a state, or from the table that does not exist yet. */
  constructor(base?: TableState) {
    this.#protocol = base?.protocol
    this.#metadata = base?.metadata
    this.#schema = base?.schema
    this.#txns = new Map(base?.txns)
    this.#domains = new Map(base?.domains)
    this.#totals = base === undefined ? undefined : base.totals
  }

  /** From the very first version the totals are known: nothing. */
  startEmpty(): void {
    this.#totals = { numFiles: 0, sizeInBytes: 0n }
  }

  /** Whether the table keeps the time of each version in its commit. */
  get keepsTime(): boolean {
    return this.#metadata !== undefined && isOn(this.#metadata.configuration, 'delta.enableInCommitTimestamps')
  }

  setTotals(totals: Totals | undefined): void {
    this.#totals = totals
  }

  /** The actions of one commit, whole. */
  applyCommit(actions: readonly Action[]): void {
    this.applyState(actions)
    this.#totals = this.#totals === undefined ? undefined : nextTotals(this.#totals, actions)
  }

  /** Any of a checkpoint's actions; those about files are passed over. */
  applyState(actions: readonly Action[]): void {
    for (const action of actions) {
      if ('protocol' in action) this.#protocol = action.protocol
      else if ('metaData' in action) {
        if (action.metaData.schemaString !== this.#metadata?.schemaString) this.#schema = undefined
        this.#metadata = action.metaData
      } else if ('txn' in action) this.#txns.set(action.txn.appId, action.txn)
      else if ('domainMetadata' in action) {
        if (action.domainMetadata.removed) this.#domains.delete(action.domainMetadata.domain)
        else this.#domains.set(action.domainMetadata.domain, action.domainMetadata)
      }
    }
  }

  /**
   * The state at `version`.
   *
   * @throws DeltaError DELTA_NO_PROTOCOL or DELTA_NO_METADATA
   */
  finish(version: number, timestamp: number, where: LogPlace): TableState {
    const place = { ...where, version }
    if (this.#protocol === undefined) {
      throw new DeltaError('DELTA_NO_PROTOCOL', 'the log holds no protocol action', { where: place })
    }
    if (this.#metadata === undefined) {
      throw new DeltaError('DELTA_NO_METADATA', 'the log holds no metaData action', { where: place })
    }
    this.#schema ??= parseSchema(this.#metadata.schemaString, place)
    return {
      version,
      protocol: this.#protocol,
      metadata: this.#metadata,
      schema: this.#schema,
      txns: new Map(this.#txns),
      domains: new Map(this.#domains),
      timestamp,
      totals: this.#totals,
    }
  }
}

/** The state after one more commit. */
export function nextState(
  state: TableState | undefined,
  commit: { readonly version: number; readonly actions: readonly Action[]; readonly timestamp: number },
  where: LogPlace,
): TableState {
  const replay = new StateReplay(state)
  if (state === undefined) replay.startEmpty()
  replay.applyCommit(commit.actions)
  return replay.finish(commit.version, inCommitTimestampOf(commit.actions) ?? commit.timestamp, where)
}

/** The totals after a commit, or `undefined` when its actions do not determine them: see {@link sizeChanges}. */
export function nextTotals(totals: Totals, actions: readonly Action[]): Totals | undefined {
  const changes = sizeChanges(actions)
  if (changes === undefined) return undefined
  let { sizeInBytes } = totals
  for (const size of changes.added) sizeInBytes += BigInt(size)
  for (const size of changes.removed) sizeInBytes -= BigInt(size)
  const numFiles = totals.numFiles + changes.added.length - changes.removed.length
  return numFiles < 0 || sizeInBytes < 0n ? undefined : { numFiles, sizeInBytes }
}
