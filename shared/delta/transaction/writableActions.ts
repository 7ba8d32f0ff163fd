import type { StructType } from '../../types/index.js'
import type { Action, Metadata, Protocol } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { requireWritableRows, type TableState, type WriteKind } from '../protocol/index.js'
import { parseSchema } from '../schema/index.js'
import type { Transaction } from './transaction.js'

/**
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE when `actions` may not be written: by the table as it is, or by what
 * they turn it into; DELTA_NO_PROTOCOL or DELTA_NO_METADATA when there is no table and they hold none
 */
export function requireWritable(
  state: TableState | undefined,
  { actions, keeps }: Pick<Transaction, 'actions' | 'keeps'>,
  where: LogPlace,
): void {
  const write = writeKind(actions)
  if (state !== undefined) requireWritableRows(state, write, keeps, where)
  let protocol: Protocol | undefined = state?.protocol
  let metadata: Metadata | undefined = state?.metadata
  let schema: StructType | undefined = state?.schema
  let changed = false
  for (const action of actions) {
    if ('protocol' in action) protocol = action.protocol
    else if ('metaData' in action) {
      metadata = action.metaData
      schema = parseSchema(metadata.schemaString, where)
    } else continue
    changed = true
  }
  if (protocol === undefined) {
    throw new DeltaError('DELTA_NO_PROTOCOL', 'the first version must hold a protocol action', { where })
  }
  if (metadata === undefined || schema === undefined) {
    throw new DeltaError('DELTA_NO_METADATA', 'the first version must hold a metaData action', { where })
  }
  if (changed)
    requireWritableRows(
      { protocol, metadata: state === undefined ? metadata : beforeAppendOnly(metadata), schema },
      write,
      keeps,
      where,
    )
}

/** Rows may be removed by the very commit from which on they may not: a table can be restored to a version that had it so. */
function beforeAppendOnly(metadata: Metadata): Metadata {
  return { ...metadata, configuration: { ...metadata.configuration, 'delta.appendOnly': 'false' } }
}

function writeKind(actions: readonly Action[]): WriteKind {
  let kind: WriteKind = 'rearrange'
  for (const action of actions) {
    if ('remove' in action && action.remove.dataChange) return 'change'
    if (('add' in action && action.add.dataChange) || 'metaData' in action || 'protocol' in action) kind = 'append'
  }
  return kind
}
