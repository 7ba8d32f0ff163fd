import { isJsonObject, type Json, namedValues } from '../../types/index.js'
import type { Action, CommitInfo } from '../actions/index.js'
import { assignsRowIds, keepsRowIds, rowTrackingDomain, withRowIds } from '../dataFiles/index.js'
import { isOn, type TableState } from '../protocol/index.js'
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
 * The actions of one attempt, `commitInfo` first. Recreated for every attempt, because the time and the version it is
 * based on belong to the attempt; only `txnId` stays.
 */
export function commitBody(transaction: Transaction, attempt: Attempt): CommitBody {
  const { state, version, txnId, engineInfo, now } = attempt
  const before = state?.metadata.configuration ?? {}
  const after = metadataOf(transaction.actions)?.configuration ?? before
  const keepsTime = isOn(after, 'delta.enableInCommitTimestamps')
  const keptTime = isOn(before, 'delta.enableInCommitTimestamps')
  // In-commit timestamps only ever grow, whatever the writers' clocks show.
  const timestamp = keptTime && state !== undefined ? Math.max(now, state.timestamp + 1) : now
  const table = tableAfter(state, transaction.actions)
  const tracked = table !== undefined && assignsRowIds(table)
  const commitInfo: CommitInfo = {
    ...transaction.info,
    ...(table !== undefined && keepsRowIds(table) ? { tags: preservedTags(transaction.info?.['tags']) } : {}),
    ...(keepsTime ? { inCommitTimestamp: timestamp } : {}),
    timestamp: now,
    operation: transaction.operation,
    operationParameters: transaction.operationParameters ?? {},
    readVersion: version > 0 ? version - 1 : undefined,
    isolationLevel: changesNothing(transaction.actions) ? 'SnapshotIsolation' : 'Serializable',
    isBlindAppend: transaction.isBlindAppend,
    operationMetrics: metricsText(transaction.operationMetrics),
    engineInfo,
    txnId,
  }
  const enabledLater = keepsTime && !keptTime && version > 0
  const actions = enabledLater
    ? transaction.actions.map(action => withEnablement(action, version, timestamp))
    : transaction.actions
  return {
    actions: [
      { commitInfo },
      ...(tracked ? withRowIds(actions, state?.domains.get(rowTrackingDomain), version) : actions),
    ],
    timestamp,
  }
}

/**
 * Whether the actions only move rows between files: what others read and write at the same time cannot make them wrong.
 */
function changesNothing(actions: readonly Action[]): boolean {
  return actions.every(action => {
    if ('add' in action) return !action.add.dataChange
    if ('remove' in action) return !action.remove.dataChange
    return 'cdc' in action
  })
}

/** Protocol and metadata as the actions make them. */
function tableAfter(
  state: TableState | undefined,
  actions: readonly Action[],
): Pick<TableState, 'protocol' | 'metadata'> | undefined {
  const metadata = metadataOf(actions) ?? state?.metadata
  let protocol = state?.protocol
  for (const action of actions) if ('protocol' in action) protocol = action.protocol
  return metadata === undefined || protocol === undefined ? undefined : { protocol, metadata }
}

/** A writer to a table that tracks rows must preserve their ids, and tag the commit so. */
function preservedTags(tags: Json | undefined): Json {
  return { 'delta.rowTracking.preserved': 'true', ...(isJsonObject(tags) ? tags : {}) }
}

function metadataOf(actions: readonly Action[]) {
  for (const action of actions) if ('metaData' in action) return action.metaData
  return undefined
}

/** A table that enables in-commit timestamps after its first version must record since when. */
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
  const strings = namedValues<string>()
  for (const [name, value] of Object.entries(metrics)) strings[name] = String(value)
  return strings
}
