import { columnKey, parseColumnList } from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import { constraintPrefix } from '../protocol/index.js'
import { allFields } from '../schema/index.js'
import type { TableDraft } from '../table/index.js'
import { refersTo } from '../write/index.js'

/** @throws DeltaError DELTA_INCOMPATIBLE_SCHEMA when an expression of the table refers to the column */
export function requireUnused({ schema, configuration }: TableDraft, path: readonly string[], what: string): void {
  for (const [property, sql] of Object.entries(configuration)) {
    if (!property.toLowerCase().startsWith(constraintPrefix) || !refersTo(sql, path)) continue
    throw refused(
      `column ${columnKey(path)} cannot be ${what}: the constraint ${property.slice(constraintPrefix.length)} (${sql}) speaks of it; drop the constraint first`,
      path,
    )
  }
  for (const other of allFields(schema)) {
    const sql = other.field.metadata?.['delta.generationExpression']
    if (typeof sql === 'string' && refersTo(sql, path))
      throw refused(
        `column ${columnKey(path)} cannot be ${what}: column ${columnKey(other.path)} is generated from it (${sql})`,
        path,
      )
  }
}

/** The properties with other columns in `delta.dataSkippingStatsColumns`. */
export function withStatsColumns(
  { configuration }: TableDraft,
  change: (named: readonly string[]) => readonly string[] | undefined,
): Readonly<Record<string, string>> {
  const { 'delta.dataSkippingStatsColumns': list, ...others } = configuration
  if (list === undefined) return configuration
  const named = parseColumnList(list)
  const changed = named.map(change).filter(path => path !== undefined)
  if (changed.length === named.length && changed.every((path, i) => path === named[i])) return configuration
  return changed.length === 0
    ? others
    : { ...others, 'delta.dataSkippingStatsColumns': changed.map(columnKey).join(',') }
}

/** Whether `inner` is the column at `outer` or nested in it. */
export function isWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.every((name, i) => inner[i]?.toLowerCase() === name.toLowerCase())
}

/** A change of a column that the table does not allow. */
export function refused(what: string, path: readonly string[]): DeltaError {
  return new DeltaError('DELTA_INCOMPATIBLE_SCHEMA', what, { data: { field: columnKey(path) } })
}
