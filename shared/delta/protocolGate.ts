import type { StructType } from '../parquet/dataType.js'
import type { Action, Metadata, Protocol } from './actions.js'
import { DeltaError, type LogPlace } from './deltaError.js'
import { checkReadable, checkWritable, type FeatureCheck, type WriteKind } from './features.js'
import { parseSchema } from './schema.js'
import type { TableState } from './state.js'
import type { Transaction } from './transaction.js'

/** Turns away tables with features that are not understood here. Pure; no I/O. */

/** Throws DELTA_UNSUPPORTED_FEATURE, naming the features, when the table must not be read. */
export function requireReadable({ protocol, metadata }: Pick<TableState, 'protocol' | 'metadata'>, where: LogPlace): void {
  refuse(checkReadable(protocol, metadata), 'read', where)
}

/**
 * Throws DELTA_UNSUPPORTED_FEATURE when `actions` may not be written: by the table as it is, or by what they make of
 * it. Without a table they must hold a protocol and metadata.
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
  if (changed) requireWritableRows({ protocol, metadata: state === undefined ? metadata : beforeAppendOnly(metadata), schema }, write, keeps, where)
}

/** Rows may be removed by the very commit from which on they may not: a table can be restored to a version that had it so. */
function beforeAppendOnly(metadata: Metadata): Metadata {
  return { ...metadata, configuration: { ...metadata.configuration, 'delta.appendOnly': 'false' } }
}

/**
 * Throws DELTA_UNSUPPORTED_FEATURE, naming the features, when a write of this kind that fulfils the duties of `keeps`
 * must not be made; DELTA_APPEND_ONLY when the table takes no such write from anybody. What changes rows asks this
 * before it reads or writes anything.
 */
export function requireWritableRows(
  { protocol, metadata, schema }: Pick<TableState, 'protocol' | 'metadata' | 'schema'>,
  write: WriteKind,
  keeps: readonly string[] | undefined,
  where: LogPlace,
): void {
  const check = checkWritable(protocol, metadata, schema, write, keeps)
  if (!check.ok && check.features.includes('appendOnly')) {
    throw new DeltaError('DELTA_APPEND_ONLY', 'rows may only be added to the table, not changed or removed: delta.appendOnly is true', { where })
  }
  const unchecked = check.ok ? [] : check.features.filter(name => needExpressions.includes(name))
  const remedy = unchecked.length > 0 && keeps !== undefined ? `; ${unchecked.join(' and ')} need an SQL engine: pass \`expressions\`` : ''
  refuse(check, 'written', where, remedy)
}

/** Features whose duties nobody can fulfil who cannot evaluate SQL. */
export const needExpressions: readonly string[] = ['checkConstraints', 'invariants']

/**
 * Throws DELTA_UNSUPPORTED_FEATURE when the table may not be looked after here: rows moved between files, files and log
 * entries that nobody needs deleted, checkpoints written.
 */
export function requireMaintainable({ protocol, metadata, schema }: Pick<TableState, 'protocol' | 'metadata' | 'schema'>, where: LogPlace): void {
  refuse(checkWritable(protocol, metadata, schema, 'rearrange'), 'maintained', where)
}

function writeKind(actions: readonly Action[]): WriteKind {
  let kind: WriteKind = 'rearrange'
  for (const action of actions) {
    if ('remove' in action && action.remove.dataChange) return 'change'
    if (('add' in action && action.add.dataChange) || 'metaData' in action || 'protocol' in action) kind = 'append'
  }
  return kind
}

function refuse(check: FeatureCheck, verb: string, where: LogPlace, remedy = ''): void {
  if (check.ok) return
  throw new DeltaError('DELTA_UNSUPPORTED_FEATURE', `the table cannot be ${verb} here: ${check.why}${remedy}`, {
    where,
    data: { features: check.features.join(', ') },
  })
}
