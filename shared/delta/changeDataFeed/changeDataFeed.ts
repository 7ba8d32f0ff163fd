import type { ObjectStore } from '../../storage/index.js'
import type { ColumnData, StructField, Value } from '../../types/index.js'
import type { Action, Metadata, OpenFolder } from '../actions/index.js'
import { readDataFile } from '../dataFiles/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { inCommitTimestampOf, listLog, readCommitFiles } from '../log/index.js'
import { isOn, requireReadable, type TableState } from '../protocol/index.js'
import { fieldsByName } from '../scan/index.js'
import { type ColumnLayout, columnLayout, isMapped, parseSchema } from '../schema/index.js'
import { fileTimes, readSnapshot, readStateAtVersion } from '../snapshot/index.js'
import { type ChangeFileRows, changeFileRows } from './commitChanges.js'
import { requireReadableUnder } from './feedSchema.js'

/** What became of a row; an update is its two images. */
export const changeTypes = ['insert', 'delete', 'update_preimage', 'update_postimage'] as const

/** What a row has in the column `_change_type`. */
export type ChangeType = (typeof changeTypes)[number]

/** Which versions and columns {@link readChanges} reads; `openFolder` is for files outside the table's folder. */
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

/**
 * The answer of {@link readChanges}: the versions read, both inclusive, and their rows, which are read as `batches` is
 * iterated.
 */
export interface ChangeScan {
  readonly from: number
  readonly to: number
  /** The columns that the rows are read under (see {@link readChanges}), and then `_change_type`, `_commit_version` and `_commit_timestamp`. */
  readonly fields: readonly StructField[]
  readonly batches: AsyncIterable<ChangeBatch>
}

const changeType: StructField = { name: '_change_type', type: 'string', nullable: true }
const commitVersion: StructField = { name: '_commit_version', type: 'long', nullable: true }
const commitTimestamp: StructField = { name: '_commit_timestamp', type: 'timestamp', nullable: true }

/**
 * The rows that versions `from` … `to` inserted, updated and deleted (PROTOCOL.md, "Change Data Files"), oldest version
 * first: from a version's change files, or, where it has none, from the files and the deletion vectors that it added
 * and removed. Rows have the columns of the table's newest version, and of version `to` under column mapping; columns
 * added since are null in rows that had none.
 *
 * ```ts
 * const { fields, batches } = await readChanges(store, { from: 3, columns: ['id', '_change_type'] })
 * for await (const { rows, columns: [ids, types] } of batches) …
 * ```
 *
 * @throws DeltaError DELTA_NO_VERSION, DELTA_VERSION_GAP, DELTA_NO_CHANGE_DATA for a version at which the table kept no
 * changes, or DELTA_INCOMPATIBLE_SCHEMA for one whose columns cannot be read under that schema
 */
export async function readChanges(store: ObjectStore, options: ChangesOptions): Promise<ChangeScan> {
  const { from } = options
  const segment = await listLog(store)
  const to = options.to ?? segment.tip
  if (!(from >= 0 && from <= to && to <= segment.tip)) {
    const why = segment.tip < 0 ? 'there is no table' : `the table has versions up to ${segment.tip}`
    throw new DeltaError('DELTA_NO_VERSION', `there are no changes from version ${from} to ${to}: ${why}`, {
      where: { table: store.url },
    })
  }
  const [first, read] = await Promise.all([
    stateAt(store, from),
    readingVersion(store, { from, to, newest: segment.tip }),
  ])
  const where = { table: store.url, version: read.version }
  requireReadable(read, where)
  requireFeed(first.metadata, { table: store.url, version: from })
  requireReadableUnder(read, first, { table: store.url, version: from })
  const layout = columnLayout(read, where)
  const all = [...read.schema.fields, changeType, commitVersion, commitTimestamp]
  const fields = fieldsByName(all, options.columns, where)
  const timeOf = fileTimes(segment, 0)

  async function* batches(): AsyncGenerator<ChangeBatch, void> {
    for await (const { version, actions } of readCommitFiles(store, from, to)) {
      const place = { table: store.url, version }
      for (const metadata of metadataOf(actions)) {
        requireFeed(metadata, place)
        if (version > from)
          requireReadableUnder(read, { schema: parseSchema(metadata.schemaString, place), metadata }, place)
      }
      const micros = BigInt(inCommitTimestampOf(actions) ?? timeOf(version)) * 1000n
      for await (const changed of changeFileRows(store, actions, { ...options, where: place })) {
        yield* fileChanges(changed, { version: BigInt(version), micros }, place)
      }
    }
  }

  async function* fileChanges(
    { file, choice, type }: ChangeFileRows,
    { version, micros }: { readonly version: bigint; readonly micros: bigint },
    place: LogPlace,
  ): AsyncGenerator<ChangeBatch, void> {
    const stored = fields.filter(
      field => !(field === commitVersion || field === commitTimestamp || (field === changeType && type !== undefined)),
    )
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

interface Range {
  readonly from: number
  readonly to: number
  readonly newest: number
}

/** The version under whose columns the changes are read. */
async function readingVersion(store: ObjectStore, { from, to, newest }: Range): Promise<TableState> {
  const last = await stateAt(store, to)
  if (to === newest || isMapped(last.metadata.configuration)) return last
  const [first, now] = await Promise.all([stateAt(store, from), stateAt(store, newest)])
  return isMapped(first.metadata.configuration) || isMapped(now.metadata.configuration) ? last : now
}

async function stateAt(store: ObjectStore, version: number): Promise<TableState> {
  // Reading the snapshot fails with the reason why there is none.
  const state = (await readStateAtVersion(store, version)) ?? (await readSnapshot(store, 0, version))
  if (state === undefined) throw new DeltaError('DELTA_NO_TABLE', 'the table is gone', { where: { table: store.url } })
  return state
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
      throw new DeltaError(
        'DELTA_BAD_DATA_FILE',
        `a change file has a row whose _change_type is ${JSON.stringify(value)}`,
        { where },
      )
  }
}

function requireFeed({ configuration }: Metadata, where: LogPlace): void {
  if (isOn(configuration, 'delta.enableChangeDataFeed')) return
  throw new DeltaError(
    'DELTA_NO_CHANGE_DATA',
    'the table kept no change data at this version: delta.enableChangeDataFeed was not true',
    { where },
  )
}

function metadataOf(actions: readonly Action[]): Metadata[] {
  return actions.flatMap(action => ('metaData' in action ? [action.metaData] : []))
}

function repeated(value: Value, rows: number): readonly Value[] {
  return new Array<Value>(rows).fill(value)
}
