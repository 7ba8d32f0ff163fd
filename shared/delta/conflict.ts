import type { Action, AddFile, RemoveFile } from './actions.js'
import { canonicalPath } from './path.js'
import type { ConflictReason, Transaction } from './transaction.js'

/** Why a transaction cannot go on top of a commit that came first. */
export interface Conflict {
  readonly reason: ConflictReason
  readonly detail: string
}

/**
 * Whether a transaction may still be committed after `winner`, the actions of one commit that took a version it wanted.
 * `undefined` when it may. Pure; no I/O.
 *
 * Stricter than Spark's WriteSerializable in one point: a blind append is a conflict for whoever read the files it adds
 * to, because a plan that dedupes against the table is wrong once rows were added.
 */
export function findConflict(
  transaction: Pick<Transaction, 'actions' | 'reads'>,
  winner: readonly Action[],
): Conflict | undefined {
  const own = ownSets(transaction.actions)
  return logConflict(transaction, own, winner) ?? fileConflict(transaction, own, winner)
}

interface OwnSets {
  readonly appIds: ReadonlySet<string>
  readonly domains: ReadonlySet<string>
  readonly added: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
}

function ownSets(actions: readonly Action[]): OwnSets {
  const appIds = new Set<string>()
  const domains = new Set<string>()
  const added = new Set<string>()
  const removed = new Set<string>()
  for (const action of actions) {
    if ('txn' in action) appIds.add(action.txn.appId)
    else if ('domainMetadata' in action) domains.add(action.domainMetadata.domain)
    else if ('add' in action) added.add(canonicalPath(action.add.path))
    else if ('remove' in action) removed.add(canonicalPath(action.remove.path))
  }
  return { appIds, domains, added, removed }
}

function logConflict(
  transaction: Pick<Transaction, 'reads'>,
  own: OwnSets,
  winner: readonly Action[],
): Conflict | undefined {
  for (const action of winner) {
    if ('protocol' in action) return { reason: 'protocolChanged', detail: 'the protocol was changed' }
  }
  for (const action of winner) {
    if ('metaData' in action) {
      return { reason: 'metadataChanged', detail: 'schema, partitioning or table properties were changed' }
    }
  }
  for (const action of winner) {
    if ('txn' in action && (own.appIds.has(action.txn.appId) || transaction.reads.appIds(action.txn.appId))) {
      return {
        reason: 'concurrentTransaction',
        detail: `transaction ${action.txn.appId} was brought to ${action.txn.version.toString()}`,
      }
    }
    if ('domainMetadata' in action && own.domains.has(action.domainMetadata.domain)) {
      return { reason: 'domainChanged', detail: `metadata domain ${action.domainMetadata.domain} was changed` }
    }
  }
  return undefined
}

function fileConflict(
  { reads }: Pick<Transaction, 'reads'>,
  own: OwnSets,
  winner: readonly Action[],
): Conflict | undefined {
  for (const action of winner) {
    if (!('remove' in action)) continue
    const path = canonicalPath(action.remove.path)
    if (own.removed.has(path)) {
      return { reason: 'concurrentDeleteDelete', detail: `file ${path} was removed, which is to be removed here` }
    }
    if (own.added.has(path)) {
      return { reason: 'concurrentDeleteRead', detail: `file ${path} was removed, which is to be added here` }
    }
  }
  if (reads.files === 'none') return undefined
  if (reads.overCompaction === true && !changesData(winner)) return undefined
  for (const action of winner) {
    if ('add' in action && depends(reads.files, action.add)) {
      return { reason: 'concurrentAppend', detail: `file ${action.add.path} was added to what was read` }
    }
    if ('remove' in action && dependsOnRemoved(reads.files, action.remove)) {
      return { reason: 'concurrentDeleteRead', detail: `file ${action.remove.path} was removed from what was read` }
    }
  }
  return undefined
}

function changesData(actions: readonly Action[]): boolean {
  return actions.some(
    action => ('add' in action && action.add.dataChange) || ('remove' in action && action.remove.dataChange),
  )
}

function depends(files: 'all' | ((add: AddFile) => boolean), add: AddFile): boolean {
  return files === 'all' || files(add)
}

/** A `remove` says less than the `add` it ends: without partition values nobody can say that it was not read. */
function dependsOnRemoved(files: 'all' | ((add: AddFile) => boolean), remove: RemoveFile): boolean {
  if (files === 'all' || remove.partitionValues === undefined) return true
  return files({
    path: remove.path,
    partitionValues: remove.partitionValues,
    size: remove.size ?? 0,
    modificationTime: 0,
    dataChange: remove.dataChange,
    stats: remove.stats,
    tags: remove.tags,
    deletionVector: remove.deletionVector,
  })
}
