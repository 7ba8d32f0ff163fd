import { discard, type WrittenFile } from '../dataFiles/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { DeltaTable } from '../table/index.js'
import type { ConflictReason, Transaction } from '../transaction/index.js'
import type { WriteMetrics, WriteOptions, WriteOutcome } from './writeOptions.js'

/** A change as it was planned on one version of the table. */
export interface Plan {
  readonly transaction: Omit<Transaction, 'readVersion'>
  readonly metrics: WriteMetrics
  /** Files that were uploaded for it and belong to nobody when it is not committed. */
  readonly written: readonly WrittenFile[]
}

/** Conflicts that another plan on the newer table can get past. */
const planAgain: ReadonlySet<ConflictReason> = new Set<ConflictReason>([
  'protocolChanged',
  'metadataChanged',
  'concurrentAppend',
  'concurrentDeleteRead',
  'concurrentDeleteDelete',
  'domainChanged',
  'tooManyAttempts',
])

const defaultMaxPlans = 10

/**
 * Plans a change on the newest version and commits it; when others have changed meanwhile what it read, its files are
 * taken away and it is planned again. `plan` answers undefined when there is nothing to do.
 *
 * The commit is the point from which on the change is seen; taking files away is best effort, VACUUM does the rest.
 */
export async function planAndCommit(
  table: DeltaTable,
  { txn, maxPlans = defaultMaxPlans }: Pick<WriteOptions, 'txn' | 'maxPlans'>,
  plan: (snapshot: Snapshot) => Promise<Plan | undefined>,
): Promise<WriteOutcome> {
  for (let round = 1; ; round++) {
    const snapshot = await table.snapshot()
    if (snapshot === undefined) return { kind: 'noTable' }
    const { version } = snapshot
    if (txn !== undefined && (snapshot.txns.get(txn.appId)?.version ?? -1n) >= txn.version)
      return { kind: 'alreadyApplied', version }
    const planned = await plan(snapshot)
    if (planned === undefined) return { kind: 'nothingToDo', version }
    const { transaction, metrics, written } = planned
    const actions = txn === undefined ? transaction.actions : [...transaction.actions, { txn }]
    // When this throws, nobody knows whether the commit was written: its files must stay.
    const outcome = await table.commit({ ...transaction, actions, readVersion: version })
    if (outcome.kind === 'committed') return { kind: 'committed', version: outcome.version, metrics }
    await discard(table, written)
    if (outcome.reason === 'concurrentTransaction' && txn !== undefined && round < maxPlans) continue
    if (round >= maxPlans || !planAgain.has(outcome.reason)) return outcome
  }
}
