import { isJsonObject, type StructField } from '../../types/index.js'
import {
  type Action,
  type AddFile,
  type DomainMetadata,
  type Metadata,
  parseLogJson,
  type Protocol,
} from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { isOn, writerFeaturesOf } from '../protocol/index.js'
import { parseStats } from '../stats/index.js'

/** Row ids and row commit versions (PROTOCOL.md, "Row Tracking"). */

/** The metadata domain that keeps the highest row id given out. */
export const rowTrackingDomain = 'delta.rowTracking'

type Table = { readonly protocol: Protocol; readonly metadata: Pick<Metadata, 'configuration'> }

/** Whether every file must be given ids and a version: as soon as the feature is listed, unless it is suspended. */
export function assignsRowIds({ protocol, metadata }: Table): boolean {
  return (
    writerFeaturesOf(protocol).includes('rowTracking') && !isOn(metadata.configuration, 'delta.rowTrackingSuspended')
  )
}

/** Whether rows keep their ids when they are moved to other files. */
export function keepsRowIds(table: Table): boolean {
  return assignsRowIds(table) && isOn(table.metadata.configuration, 'delta.enableRowTracking')
}

/** The columns in which data files hold the ids and the versions of rows that came from other files. */
export interface RowIdColumns {
  readonly id: StructField
  readonly commitVersion: StructField
}

/**
 * Undefined where rows need not keep their ids.
 *
 * @throws DeltaError DELTA_BAD_PROPERTY when the table does not name the columns
 */
export function rowIdColumns(table: Table, where?: LogPlace): RowIdColumns | undefined {
  if (!keepsRowIds(table)) return undefined
  const named = (property: string): StructField => {
    const name = table.metadata.configuration[property]
    if (name === undefined || name === '')
      throw new DeltaError(
        'DELTA_BAD_PROPERTY',
        `the table tracks rows (delta.enableRowTracking) and does not say in which column: ${property} is missing`,
        { where },
      )
    return { name, type: 'long', nullable: true }
  }
  return {
    id: named('delta.rowTracking.materializedRowIdColumnName'),
    commitVersion: named('delta.rowTracking.materializedRowCommitVersionColumnName'),
  }
}

/**
 * The highest row id that was ever given out; −1 before the first.
 *
 * @throws DeltaError DELTA_BAD_ACTION for what is none
 */
export function rowIdHighWaterMark(domain: DomainMetadata | undefined, where?: LogPlace): bigint {
  if (domain === undefined) return -1n
  const json = parseLogJson(domain.configuration, where)
  const mark = isJsonObject(json) ? json['rowIdHighWaterMark'] : undefined
  if (typeof mark === 'bigint' || (typeof mark === 'number' && Number.isInteger(mark))) return BigInt(mark)
  throw new DeltaError(
    'DELTA_BAD_ACTION',
    `the domain ${rowTrackingDomain} says no rowIdHighWaterMark: ${domain.configuration.slice(0, 80)}`,
    { where },
  )
}

/**
 * The actions with an id for the first row, and a version, on each `add` that has none, and with the highest id given
 * out. A file that was in the table before keeps the values of its `add`.
 *
 * @param version the version that the actions become
 * @throws DeltaError DELTA_BAD_STATISTICS for a file whose number of rows is not known
 */
export function withRowIds(
  actions: readonly Action[],
  domain: DomainMetadata | undefined,
  version: number,
  where?: LogPlace,
): readonly Action[] {
  const own = actions.flatMap(action =>
    'domainMetadata' in action && action.domainMetadata.domain === rowTrackingDomain ? [action.domainMetadata] : [],
  )
  const before = rowIdHighWaterMark(domain, where)
  let mark = own.reduce((most, { removed, configuration }) => {
    const recorded = removed ? -1n : rowIdHighWaterMark({ domain: rowTrackingDomain, configuration, removed }, where)
    return recorded > most ? recorded : most
  }, before)
  const reserved = mark
  const numbered = actions.map((action): Action => {
    if (!('add' in action) || (action.add.baseRowId !== undefined && action.add.defaultRowCommitVersion !== undefined))
      return action
    const { add } = action
    const rows = add.baseRowId === undefined ? rowsOf(add, where) : 0n
    const baseRowId = add.baseRowId ?? mark + 1n
    mark += rows
    return { add: { ...add, baseRowId, defaultRowCommitVersion: add.defaultRowCommitVersion ?? BigInt(version) } }
  })
  if (mark === before || (own.length > 0 && mark === reserved)) return numbered
  const configuration = `{"rowIdHighWaterMark":${mark}}`
  return [
    ...numbered.filter(action => !('domainMetadata' in action && action.domainMetadata.domain === rowTrackingDomain)),
    { domainMetadata: { domain: rowTrackingDomain, configuration, removed: false } },
  ]
}

/** Rows in the file, those that are deleted too: each has its place, and so its id. */
function rowsOf({ path, stats }: AddFile, where: LogPlace | undefined): bigint {
  if (stats !== undefined) return parseStats(stats, [], where).numRecords
  throw new DeltaError(
    'DELTA_BAD_STATISTICS',
    'a file without statistics cannot be added to a table that tracks rows: its number of rows is not known',
    {
      where: { ...where, file: path },
    },
  )
}
