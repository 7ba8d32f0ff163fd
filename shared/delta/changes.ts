import type { ColumnData, StructField, Value } from '../parquet/dataType.js'
import type { ObjectStore } from '../storage/objectStore.js'
import type { Action, Metadata } from './actions.js'
import { changedRows, type ChangedRows } from './changedRows.js'
import { columnLayout, type ColumnLayout } from './columnLayout.js'
import { inCommitTimestampOf, readCommitFiles } from './commit.js'
import { fileTimes } from './commitTimes.js'
import type { OpenFolder } from './dataObject.js'
import { readDataFile } from './dataFileRows.js'
import { DeltaError, type LogPlace } from './deltaError.js'
import { listLog } from './logListing.js'
import { requireReadable } from './protocolGate.js'
import { fieldsByName } from './rows.js'
import { readSnapshot } from './snapshot.js'

/** What became of a row; an update is its two images. */
export const changeTypes = ['insert', 'delete', 'update_preimage', 'update_postimage'] as const

export type ChangeType = (typeof changeTypes)[number]

export interface ChangesOptions {
  /** First version, inclusive. */
  readonly from: number
  /** Last version, inclusive; the newest when absent. */
  readonly to?: number | undefined
  /** Columns wanted, in this order, those of the change itself among them; all when absent. */
  readonly columns?: readonly string[] | undefined
  readonly openFolder?: OpenFolder | undefined
  /** Zone of partition timestamps without an offset, which old writers left; UTC when absent. */
  readonly timeZone?: string | undefined
}

/** Changed rows, column by column. */
export interface ChangeBatch {
  readonly rows: number
  /** In the order of the fields. */
  readonly columns: readonly ColumnData[]
}

export interface ChangeScan {
  readonly from: number
  readonly to: number
  /** The table's columns as of version `to`, and then `_change_type`, `_commit_version` and `_commit_timestamp`. */
  readonly fields: readonly StructField[]
  readonly batches: AsyncIterable<ChangeBatch>
}

const changeType: StructField = { name: '_change_type', type: 'string', nullable: true }
const commitVersion: StructField = { name: '_commit_version', type: 'long', nullable: true }
const commitTimestamp: StructField = { name: '_commit_timestamp', type: 'timestamp', nullable: true }

/**
 * The rows that versions `from` … `to` inserted, updated and deleted (PROTOCOL.md, "Change Data Files"), oldest version
 * first: from a version's change files, or, where it has none, from the files and the deletion vectors that it added
 * and removed.
 *
 * @throws DeltaError DELTA_NO_VERSION, DELTA_VERSION_GAP, or DELTA_NO_CHANGE_DATA for a version at which the table kept no changes
 */
export async function readChanges(store: ObjectStore, options: ChangesOptions): Promise<ChangeScan> {
  const { from } = options
  const listing = await listLog(store)
  const to = options.to ?? listing.tip
  if (!(from >= 0 && from <= to && to <= listing.tip)) {
    const why = listing.tip < 0 ? 'there is no table' : `the table has versions up to ${listing.tip}`
    throw new DeltaError('DELTA_NO_VERSION', `there are no changes from version ${from} to ${to}: ${why}`, { where: { table: store.url } })
  }
  const [first, last] = await Promise.all([readSnapshot(store, 0, from), readSnapshot(store, 0, to)])
  if (first === undefined || last === undefined) throw new DeltaError('DELTA_NO_TABLE', 'the table is gone', { where: { table: store.url } })
  const where = { table: store.url, version: to }
  requireReadable(last, where)
  requireFeed(first.metadata, { table: store.url, version: from })
  const layout = columnLayout(last, where)
  const all = [...last.schema.fields, changeType, commitVersion, commitTimestamp]
  const fields = fieldsByName(all, options.columns, where)
  const timeOf = fileTimes(listing, 0)

  async function* batches(): AsyncGenerator<ChangeBatch, void> {
    for await (const { version, actions } of readCommitFiles(store, from, to)) {
      const place = { table: store.url, version }
      for (const metadata of metadataOf(actions)) requireFeed(metadata, place)
      const micros = BigInt(inCommitTimestampOf(actions) ?? timeOf(version)) * 1000n
      for await (const changed of changedRows(store, actions, { ...options, where: place })) {
        yield* fileChanges(changed, { version: BigInt(version), micros }, place)
      }
    }
  }

  async function* fileChanges(
    { file, choice, type }: ChangedRows,
    { version, micros }: { readonly version: bigint; readonly micros: bigint },
    place: LogPlace,
  ): AsyncGenerator<ChangeBatch, void> {
    const stored = fields.filter(field => !(field === commitVersion || field === commitTimestamp || (field === changeType && type !== undefined)))
    const read = { ...options, choice, fields: stored, layout: withChangeType(layout), where: place }
    for await (const { rows, columns } of readDataFile(store, file, read)) {
      const data = new Map<StructField, ColumnData>(stored.map((field, i) => [field, columns[i] ?? []]))
      data.set(commitVersion, repeated(version, rows)).set(commitTimestamp, repeated(micros, rows))
      if (type !== undefined) data.set(changeType, repeated(type, rows))
      else requireChangeTypes(data.get(changeType), { ...place, file: file.path })
      yield { rows, columns: fields.map(field => data.get(field) ?? []) }
    }
  }

  return { from, to, fields, batches: { [Symbol.asyncIterator]: batches } }
}

/** A change file has the kind of change as a column of its own, whatever the table's column mapping. */
function withChangeType({ match, placeOf }: ColumnLayout): ColumnLayout {
  return { match, placeOf: field => (field === changeType ? { kind: 'stored', field } : placeOf(field)) }
}

function requireChangeTypes(data: ColumnData | undefined, where: LogPlace): void {
  if (data === undefined) return
  const known: ReadonlySet<unknown> = new Set(changeTypes)
  for (const value of data) {
    if (!known.has(value))
      throw new DeltaError('DELTA_BAD_DATA_FILE', `a change file has a row whose _change_type is ${JSON.stringify(value)}`, { where })
  }
}

function requireFeed({ configuration }: Metadata, where: LogPlace): void {
  if (configuration['delta.enableChangeDataFeed']?.toLowerCase() === 'true') return
  throw new DeltaError('DELTA_NO_CHANGE_DATA', 'the table kept no change data at this version: delta.enableChangeDataFeed was not true', { where })
}

function metadataOf(actions: readonly Action[]): Metadata[] {
  return actions.flatMap(action => ('metaData' in action ? [action.metaData] : []))
}

function repeated(value: Value, rows: number): readonly Value[] {
  return new Array<Value>(rows).fill(value)
}
