/** Committing: put-if-absent, conflicts, settling lost answers. */
export { defaultMaxAttempts } from './commitBackoff.js'
export { commitTransaction } from './committer.js'
export {
  type CommitOutcome,
  type ConflictReason,
  conflictReasons,
  type Reads,
  readsNothing,
  type Transaction,
} from './transaction.js'
