import { DeltaError, type LogPlace } from '../deltaError.js'
import type { WriteKind } from './feature.js'
import { checkReadable, checkWritable, type FeatureCheck } from './featureCheck.js'
import { expressionFeatures } from './features.js'
import type { TableState } from './tableState.js'

/** Refuses tables with features that are not supported here. */

/** @throws DeltaError DELTA_UNSUPPORTED_FEATURE, naming the features, when the table must not be read */
export function requireReadable(
  { protocol, metadata }: Pick<TableState, 'protocol' | 'metadata'>,
  where: LogPlace,
): void {
  refuse(checkReadable(protocol, metadata), 'read', where)
}

/**
 * Called before a change of rows reads or writes anything.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE, naming the features, when a write of this kind that meets the
 * requirements of the features in `keeps` must not be made; DELTA_APPEND_ONLY when the table accepts no such write from
 * anybody
 */
export function requireWritableRows(
  { protocol, metadata, schema }: Pick<TableState, 'protocol' | 'metadata' | 'schema'>,
  write: WriteKind,
  keeps: readonly string[] | undefined,
  where: LogPlace,
): void {
  const check = checkWritable(protocol, metadata, schema, write, keeps)
  if (!check.ok && check.features.includes('appendOnly')) {
    throw new DeltaError(
      'DELTA_APPEND_ONLY',
      'rows may only be added to the table, not changed or removed: delta.appendOnly is true',
      { where },
    )
  }
  const unchecked = check.ok ? [] : check.features.filter(name => expressionFeatures.includes(name))
  const remedy =
    unchecked.length > 0 && keeps !== undefined
      ? `; ${unchecked.join(' and ')} need an SQL engine: pass \`expressions\``
      : ''
  refuse(check, 'written', where, remedy)
}

/**
 * Refuses a table that this engine may not maintain: move rows between files, delete files and log entries that are no
 * longer needed, write checkpoints.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE, naming the features
 */
export function requireMaintainable(
  { protocol, metadata, schema }: Pick<TableState, 'protocol' | 'metadata' | 'schema'>,
  where: LogPlace,
): void {
  refuse(checkWritable(protocol, metadata, schema, 'rearrange'), 'maintained', where)
}

function refuse(check: FeatureCheck, verb: string, where: LogPlace, remedy = ''): void {
  if (check.ok) return
  throw new DeltaError('DELTA_UNSUPPORTED_FEATURE', `the table cannot be ${verb} here: ${check.why}${remedy}`, {
    where,
    data: { features: check.features.join(', ') },
  })
}
