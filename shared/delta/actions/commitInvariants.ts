import { DeltaError, type LogPlace } from '../deltaError.js'
import type { Action } from './actions.js'
import { fileKey } from './fileKey.js'

/**
 * Refuses actions that may not be in one commit (PROTOCOL.md, "Action Reconciliation"): their order carries no meaning,
 * so neither of two that contradict each other wins.
 *
 * @throws DeltaError DELTA_BAD_COMMIT for more than one protocol, metaData or commitInfo, two txns of one application,
 * two domainMetadata of one domain, one logical file added twice, removed twice, or both added and removed
 */
export function validateCommit(actions: readonly Action[], where?: LogPlace): void {
  const singles = new Set<string>()
  const files = new Set<string>()
  const claim = (seen: Set<string>, key: string, what: string) => {
    if (seen.has(key)) throw new DeltaError('DELTA_BAD_COMMIT', `a commit may hold only one ${what}`, { where })
    seen.add(key)
  }
  for (const action of actions) {
    if ('add' in action) claim(files, fileKey(action.add), `add or remove of ${action.add.path}`)
    else if ('remove' in action) claim(files, fileKey(action.remove), `add or remove of ${action.remove.path}`)
    else if ('txn' in action) claim(singles, `txn ${action.txn.appId}`, `txn of ${action.txn.appId}`)
    else if ('domainMetadata' in action)
      claim(singles, `domain ${action.domainMetadata.domain}`, `domainMetadata of ${action.domainMetadata.domain}`)
    else if ('protocol' in action) claim(singles, 'protocol', 'protocol')
    else if ('metaData' in action) claim(singles, 'metaData', 'metaData')
    else if ('commitInfo' in action) claim(singles, 'commitInfo', 'commitInfo')
  }
}
