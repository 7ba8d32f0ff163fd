import { isRetryable } from '../../errors.js'
import { type ObjectStore, StorageError } from '../../storage/index.js'
import { DeltaError } from '../deltaError.js'
import { type CommitFile, commitInfoOf, commitPath, readCommitFile } from '../log/index.js'

/** Who wrote this version. */
export type CommitPut = { readonly kind: 'ours' } | { readonly kind: 'theirs'; readonly winner: CommitFile }

/** How often one version is tried while its storage gives no clear answer. */
const maxTries = 6

/**
 * Makes `bytes` version `version` of the log unless somebody else has it, and finds out who has it whatever happened to
 * the answer: a lost answer, or an "exists" that may be our own first write, is settled by reading the version back and
 * comparing its `commitInfo.txnId` with ours (`txnId`).
 *
 * The caller may go on to the next version only after `theirs`: as long as the version is not seen to be taken, a write
 * of ours may still be on its way to it.
 *
 * @throws DeltaError DELTA_COMMIT_UNRESOLVED (retryable) when storage stays silent
 */
export async function putCommit(
  store: ObjectStore,
  version: number,
  bytes: Uint8Array,
  txnId: string,
  pause: (attempt: number) => Promise<void>,
): Promise<CommitPut> {
  let mayBeWritten = false
  let lastError: unknown
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    if (attempt > 1) await pause(attempt - 1)
    try {
      if ((await store.putIfAbsent(commitPath(version), bytes)) === 'created') return { kind: 'ours' }
      mayBeWritten = true
    } catch (error) {
      const ambiguous = error instanceof StorageError && error.ambiguous
      mayBeWritten ||= ambiguous
      lastError = error
      if (!ambiguous) {
        if (isRetryable(error)) continue
        if (!mayBeWritten) throw error
      }
    }
    try {
      const found = await readCommitFile(store, version)
      // Absent: our write has not arrived, and the same write is safe to send again.
      if (found !== undefined) {
        return commitInfoOf(found.actions)?.txnId === txnId ? { kind: 'ours' } : { kind: 'theirs', winner: found }
      }
    } catch (error) {
      if (!isRetryable(error)) throw error
      lastError = error
    }
  }
  if (!mayBeWritten) throw lastError
  throw new DeltaError(
    'DELTA_COMMIT_UNRESOLVED',
    'storage does not say whether this commit was written; read the table again and look for its txn before repeating it',
    { where: { table: store.url, version }, data: { txnId }, cause: lastError, retryable: true },
  )
}
