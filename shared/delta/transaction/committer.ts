import { randomUUID } from 'node:crypto'

import type { Clock } from '../../clock.js'
import type { ObjectStore } from '../../storage/index.js'
import { encodeCommit } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import type { TableState } from '../protocol/index.js'
import { nextState, readStateAtVersion, type Tip, writeChecksum } from '../snapshot/index.js'
import { jitteredPause, yieldPause } from './commitBackoff.js'
import { commitBody } from './commitBody.js'
import { changedProtocolOrMetadata, findConflict } from './conflict.js'
import type { ProtocolAndMetadata } from './protocolConflict.js'
import { putCommit } from './putCommit.js'
import type { CommitOutcome, Transaction } from './transaction.js'
import { requireWritable } from './writableActions.js'
import { requireReadableFiles } from './writtenFiles.js'

/**
 * What {@link commitTransaction} needs besides the transaction: `random` answers numbers in [0, 1) for back-off,
 * `engineInfo` goes into `commitInfo`.
 */
export interface CommitterOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly engineInfo: string
  /** How many versions a transaction may try before it gives up. */
  readonly maxAttempts: number
}

/** Every how many versions the writer leaves a version checksum behind. */
const checksumInterval = 10

const encoder = new TextEncoder()

/**
 * Commits a transaction: the next version by put-if-absent, and when others were faster, their commits are checked one
 * by one before the version after them is tried.
 */
export async function commitTransaction(
  store: ObjectStore,
  tip: Tip,
  transaction: Transaction,
  { clock, random, engineInfo, maxAttempts }: CommitterOptions,
): Promise<CommitOutcome> {
  const txnId = randomUUID()
  const pause = jitteredPause(clock, random)
  const yieldTo = yieldPause(clock, random)
  let state = await tip.forCommit()
  if (state !== undefined && transaction.readVersion < 0) return tableExists(state)
  if ((state?.version ?? -1) < transaction.readVersion) state = await tip.latest()
  requireReadVersion(store, state, transaction.readVersion)
  requireWritable(state, transaction, { table: store.url })
  requireReadableFiles(state, transaction, { table: store.url })

  let checked = transaction.readVersion
  let before: ProtocolAndMetadata | undefined = state?.version === checked ? state : undefined
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const newest = state?.version ?? -1
    let changed: ReturnType<typeof changedProtocolOrMetadata>
    while (checked < newest) {
      const winner = await tip.commit(checked + 1)
      changed = changedProtocolOrMetadata(winner.actions) ?? changed
      if (changed !== undefined) before ??= await readStateAtVersion(store, checked)
      const conflict = findConflict(transaction, winner.actions, before)
      if (conflict !== undefined) return { kind: 'conflict', version: winner.version, ...conflict }
      if (before !== undefined) before = { ...before, ...changedProtocolOrMetadata(winner.actions) }
      checked++
    }
    if (changed !== undefined && state !== undefined) {
      const detail = refusal(state, transaction, store.url)
      const reason = changed.metadata === undefined ? 'protocolChanged' : 'metadataChanged'
      if (detail !== undefined) return { kind: 'conflict', reason, version: newest, detail }
    }
    const version = checked + 1
    const body = commitBody(transaction, { state, version, txnId, engineInfo, now: clock.now() })
    const bytes = encoder.encode(encodeCommit(body.actions, { table: store.url, version }))
    const put = await putCommit(store, version, bytes, txnId, pause)
    if (put.kind === 'ours') {
      const committed = nextState(state, { version, ...body }, { table: store.url })
      tip.accept({ version, ...body }, committed)
      if (version > 0 && version % checksumInterval === 0) await writeChecksum(store, committed, txnId)
      return { kind: 'committed', version, timestamp: body.timestamp, attempts: attempt }
    }
    if (transaction.readVersion < 0) return { kind: 'conflict', reason: 'tableExists', version, detail: existsDetail }
    await yieldTo(attempt)
    tip.saw(put.winner)
    state = await tip.latest()
    // A log that has lost the version just seen is being deleted concurrently.
    if ((state?.version ?? -1) < version) requireReadVersion(store, state, version)
  }
  return {
    kind: 'conflict',
    reason: 'tooManyAttempts',
    version: state?.version ?? checked,
    detail: `others were faster ${maxAttempts} times; commit less often or from fewer writers`,
  }
}

const existsDetail = 'there is a table here already'

function tableExists(state: TableState): CommitOutcome {
  return { kind: 'conflict', reason: 'tableExists', version: state.version, detail: existsDetail }
}

/** Why the table no longer accepts the transaction; planning it again reports the same, or succeeds. */
function refusal(state: TableState, transaction: Transaction, table: string): string | undefined {
  try {
    requireWritable(state, transaction, { table })
    return undefined
  } catch (error) {
    if (error instanceof DeltaError) return error.message
    throw error
  }
}

function requireReadVersion(store: ObjectStore, state: TableState | undefined, readVersion: number): void {
  if (readVersion < 0) return
  const where = { table: store.url }
  if (state === undefined) {
    throw new DeltaError('DELTA_NO_TABLE', 'there is no Delta table here; create it first', { where })
  }
  if (state.version < readVersion) {
    throw new DeltaError(
      'DELTA_NO_VERSION',
      `the transaction was planned on version ${readVersion}, but the table is at ${state.version}`,
      { where },
    )
  }
}
