import type { ObjectStore } from '../../storage/index.js'
import {
  type Action,
  type DomainMetadata,
  encodeAction,
  type Metadata,
  type Protocol,
  type Txn,
} from '../actions/index.js'
import { compactedPath, readCommitFiles, type VersionRange } from '../log/index.js'
import { FileReplay } from '../snapshot/index.js'

/**
 * The reconciled actions of commits, oldest first (PROTOCOL.md, "Action Reconciliation"): the newest of each thing,
 * removed files and domains included, without `commitInfo` and change data.
 */
export function reconcile(commits: Iterable<readonly Action[]>): Action[] {
  let protocol: Protocol | undefined
  let metaData: Metadata | undefined
  const txns = new Map<string, Txn>()
  const domains = new Map<string, DomainMetadata>()
  const files = new FileReplay()
  for (const actions of commits) {
    files.apply(actions)
    for (const action of actions) {
      if ('protocol' in action) ({ protocol } = action)
      else if ('metaData' in action) ({ metaData } = action)
      else if ('txn' in action) txns.set(action.txn.appId, action.txn)
      else if ('domainMetadata' in action) domains.set(action.domainMetadata.domain, action.domainMetadata)
    }
  }
  return [
    ...(protocol === undefined ? [] : [{ protocol }]),
    ...(metaData === undefined ? [] : [{ metaData }]),
    ...[...txns.values()].map(txn => ({ txn })),
    ...[...domains.values()].map(domainMetadata => ({ domainMetadata })),
    ...files.tombstones(-Infinity).map(remove => ({ remove })),
    ...files.adds().map(add => ({ add })),
  ]
}

/**
 * Writes the commits of a range as one file beside them, which a reader may take in their place; the commits stay.
 *
 * @throws DeltaError DELTA_VERSION_GAP when one of them is missing
 */
export async function writeCompactedLog(store: ObjectStore, range: VersionRange): Promise<'created' | 'exists'> {
  if (range.from < 0 || range.from >= range.to)
    throw new RangeError(`versions ${range.from} to ${range.to} are no range of at least two`)
  const commits: (readonly Action[])[] = []
  for await (const { actions } of readCommitFiles(store, range.from, range.to)) commits.push(actions)
  const text = reconcile(commits)
    .map(action => `${encodeAction(action)}\n`)
    .join('')
  return store.putIfAbsent(compactedPath(range), new TextEncoder().encode(text))
}
