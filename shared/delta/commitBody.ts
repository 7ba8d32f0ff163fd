import type { Action, CommitInfo } from './actions.js'
import type { TableState } from './state.js'
import type { Transaction } from './transaction.js'

/** What one attempt to commit writes. */
export interface CommitBody {
  readonly actions: readonly Action[]
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

interface Attempt {
  /** The version just before the one to be written; `undefined` for version 0. */
  readonly state: TableState | undefined
  readonly version: number
  readonly txnId: string
  readonly engineInfo: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * The actions of one attempt, `commitInfo` first. Made anew for every attempt, because the time and the version it
 * stands on belong to the attempt; only `txnId` stays. Pure; no I/O.
 */
export function commitBody(transaction: Transaction, attempt: Attempt): CommitBody {
  const { state, version, txnId, engineInfo, now } = attempt
  const before = state?.metadata.configuration
  const after = metadataOf(transaction.actions)?.configuration ?? before
  const keepsTime = isEnabled(after)
  const keptTime = isEnabled(before)
  // In-commit timestamps only ever grow, whatever the clocks of the writers say.
  const timestamp = keptTime && state !== undefined ? Math.max(now, state.timestamp + 1) : now
  const commitInfo: CommitInfo = {
    ...transaction.info,
    ...(keepsTime ? { inCommitTimestamp: timestamp } : {}),
    timestamp: now,
    operation: transaction.operation,
    operationParameters: transaction.operationParameters ?? {},
    readVersion: version > 0 ? version - 1 : undefined,
    isolationLevel: 'Serializable',
    isBlindAppend: transaction.isBlindAppend,
    operationMetrics: metricsText(transaction.operationMetrics),
    engineInfo,
    txnId,
  }
  const enabledLater = keepsTime && !keptTime && version > 0
  const actions = enabledLater
    ? transaction.actions.map(action => withEnablement(action, version, timestamp))
    : transaction.actions
  return { actions: [{ commitInfo }, ...actions], timestamp }
}

const enableProperty = 'delta.enableInCommitTimestamps'

function isEnabled(configuration: Readonly<Record<string, string>> | undefined): boolean {
  return configuration?.[enableProperty]?.toLowerCase() === 'true'
}

function metadataOf(actions: readonly Action[]) {
  for (const action of actions) if ('metaData' in action) return action.metaData
  return undefined
}

/** A table that begins to keep time after its first version must say since when. */
function withEnablement(action: Action, version: number, timestamp: number): Action {
  if (!('metaData' in action)) return action
  const configuration = {
    ...action.metaData.configuration,
    'delta.inCommitTimestampEnablementVersion': String(version),
    'delta.inCommitTimestampEnablementTimestamp': String(timestamp),
  }
  return { metaData: { ...action.metaData, configuration } }
}

function metricsText(metrics: Transaction['operationMetrics']): Record<string, string> | undefined {
  if (metrics === undefined) return undefined
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(metrics)) texts[name] = String(value)
  return texts
}
