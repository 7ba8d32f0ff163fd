import { type Action, type AddFile, canonicalPath, type RemoveFile } from '../actions/index.js'
import { lostFeature, metadataObstacle, type ProtocolAndMetadata } from './protocolConflict.js'
import type { ConflictReason, Transaction } from './transaction.js'

/** Why a transaction cannot be committed after one that came first. */
export interface Conflict {
  readonly reason: ConflictReason
  readonly detail: string
}

/**
 * Whether a transaction may still be committed after `winner`, the actions of one commit that took a version it wanted.
 * `undefined` when it may, as far as `winner` is concerned. The outcomes are those of the reference (ConflictChecker.scala)
 * under Serializable; its order of reasons too.
 *
 * @param before what the table required of writers just before `winner`; without it every change of that is a conflict.
 * With it, whether the transaction meets the table's requirements now is still to be checked.
 */
export function findConflict(
  transaction: Pick<Transaction, 'actions' | 'reads'>,
  winner: readonly Action[],
  before?: ProtocolAndMetadata,
): Conflict | undefined {
  const own = ownSets(transaction.actions)
  return (
    protocolOrMetadataConflict(own, winner, before) ??
    logConflict(transaction, own, winner) ??
    fileConflict(transaction, own, winner)
  )
}

/** What a commit changed of the table's protocol and metadata, or `undefined` when it left them alone. */
export function changedProtocolOrMetadata(actions: readonly Action[]): Partial<ProtocolAndMetadata> | undefined {
  let changed: Partial<ProtocolAndMetadata> | undefined
  for (const action of actions) {
    if ('protocol' in action) changed = { ...changed, protocol: action.protocol }
    else if ('metaData' in action) changed = { ...changed, metadata: action.metaData }
  }
  return changed
}

interface OwnSets {
  readonly changed: Partial<ProtocolAndMetadata> | undefined
  readonly appIds: ReadonlySet<string>
  readonly domains: ReadonlySet<string>
  readonly added: ReadonlySet<string>
  readonly removed: ReadonlySet<string>
  /** It only moves rows between files: no row that others add can make it wrong (the reference's SnapshotIsolation). */
  readonly onlyRearranges: boolean
}

function ownSets(actions: readonly Action[]): OwnSets {
  const appIds = new Set<string>()
  const domains = new Set<string>()
  const added = new Set<string>()
  const removed = new Set<string>()
  let onlyRearranges = true
  for (const action of actions) {
    if ('add' in action) {
      added.add(canonicalPath(action.add.path))
      onlyRearranges &&= !action.add.dataChange
    } else if ('remove' in action) {
      removed.add(canonicalPath(action.remove.path))
      onlyRearranges &&= !action.remove.dataChange
    } else {
      onlyRearranges &&= 'cdc' in action
      if ('txn' in action) appIds.add(action.txn.appId)
      else if ('domainMetadata' in action) domains.add(action.domainMetadata.domain)
    }
  }
  return { changed: changedProtocolOrMetadata(actions), appIds, domains, added, removed, onlyRearranges }
}

function protocolOrMetadataConflict(
  own: OwnSets,
  winner: readonly Action[],
  before: ProtocolAndMetadata | undefined,
): Conflict | undefined {
  const changed = changedProtocolOrMetadata(winner)
  if (changed === undefined) return undefined
  const protocolChanged = (detail: string): Conflict => ({ reason: 'protocolChanged', detail })
  if (changed.protocol !== undefined) {
    if (before === undefined || own.changed?.protocol !== undefined) return protocolChanged('the protocol was changed')
    const lost = lostFeature(before.protocol, changed.protocol)
    if (lost !== undefined) return protocolChanged(`the protocol was changed: feature ${lost} was dropped`)
  }
  if (changed.metadata !== undefined) {
    const obstacle =
      before === undefined || own.changed?.metadata !== undefined
        ? 'schema, partitioning or table properties were changed'
        : metadataObstacle(
            before.metadata,
            { ...before, ...changed, metadata: changed.metadata },
            { moves: own.removed.size > 0 },
          )
    if (obstacle !== undefined) return { reason: 'metadataChanged', detail: obstacle }
  }
  return undefined
}

function logConflict(
  transaction: Pick<Transaction, 'reads'>,
  own: OwnSets,
  winner: readonly Action[],
): Conflict | undefined {
  for (const action of winner) {
    if ('domainMetadata' in action && own.domains.has(action.domainMetadata.domain)) {
      return { reason: 'domainChanged', detail: `metadata domain ${action.domainMetadata.domain} was changed` }
    }
  }
  for (const action of winner) {
    if ('txn' in action && (own.appIds.has(action.txn.appId) || transaction.reads.appIds(action.txn.appId))) {
      return {
        reason: 'concurrentTransaction',
        detail: `transaction ${action.txn.appId} was brought to ${action.txn.version.toString()}`,
      }
    }
  }
  return undefined
}

function fileConflict(
  { reads }: Pick<Transaction, 'reads'>,
  own: OwnSets,
  winner: readonly Action[],
): Conflict | undefined {
  const passedOver = reads.overCompaction === true && !changesData(winner)
  const { files } = reads
  if (files !== 'none' && !passedOver) {
    for (const action of winner) {
      if ('add' in action && !own.onlyRearranges && depends(files, action.add)) {
        return { reason: 'concurrentAppend', detail: `file ${action.add.path} was added to what was read` }
      }
    }
    for (const action of winner) {
      if ('remove' in action && dependsOnRemoved(files, action.remove)) {
        return { reason: 'concurrentDeleteRead', detail: `file ${action.remove.path} was removed from what was read` }
      }
    }
  }
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
  for (const action of winner) {
    if ('add' in action && own.removed.has(canonicalPath(action.add.path))) {
      // The newer entry of the file would be lost.
      return {
        reason: 'concurrentAppend',
        detail: `file ${action.add.path} was added again with other metadata, and is to be removed here`,
      }
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

/** A `remove` holds less than the `add` it ends: without partition values it has to count as read. */
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
