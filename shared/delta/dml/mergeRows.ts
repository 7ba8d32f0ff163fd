import type { Column } from '../../types/index.js'
import { pickedData } from '../dataFiles/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { requireWritableRows } from '../protocol/index.js'
import { fieldsByName } from '../scan/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { DeltaTable } from '../table/index.js'
import type { Transaction } from '../transaction/index.js'
import {
  decodedRows,
  type Plan,
  planAndCommit,
  type Rows,
  type RowSource,
  type WriteOptions,
  type WriteOutcome,
  writtenFeatures,
} from '../write/index.js'
import { mergeMetrics } from './changeMetrics.js'
import { KeyedRows } from './keyedRows.js'
import { RowAction, type RowChange } from './rowChange.js'
import { rowChangePlan } from './rowChangePlan.js'
import { RowChanger } from './rowChanger.js'
import { mayHoldBy } from './rowCondition.js'
import { pickedRows } from './rowSelection.js'

/**
 * The key of {@link mergeRows}, and what it does with rows on both sides, in the source only, and in the table only.
 */
export interface MergeOptions extends WriteOptions {
  /** The columns whose values make a row of the source and one of the table the same; a null is like nothing. */
  readonly on: readonly string[]
  /** What becomes of a row of the table that has one in the source; `update` when absent. */
  readonly matched?: 'update' | 'delete' | 'keep' | undefined
  /** What becomes of a row of the source that has none in the table; `insert` when absent. */
  readonly notMatched?: 'insert' | 'ignore' | undefined
  /** What becomes of a row of the table that has none in the source; `keep` when absent. */
  readonly notMatchedBySource?: 'keep' | 'delete' | undefined
  /** The columns that an update takes from the source; all that it has when absent. */
  readonly update?: readonly string[] | undefined
}

/** Rows that are inserted at once. */
const insertedAtOnce = 100_000

/**
 * Brings rows into a table by their key: those that it has are updated, the others inserted, unless the options say
 * otherwise. A row that becomes what it was counts as updated, too.
 *
 * The source is held in memory, with an index of its keys; the table is not: of it a row group and the places of rows
 * that change. Files whose statistics show that they hold no key of the source are not read.
 *
 * ```ts
 * await mergeRows(table, [rowsOf(schema, [{ id: 7n, name: 'x' }])], { on: ['id'] })
 * ```
 *
 * @param source under the table's column names; columns that it lacks stay as they are, or are null in rows that are new
 * @throws DeltaError DELTA_BAD_ROWS for two rows of the source that would update one of the table, and for rows that the
 * table cannot hold; DELTA_CONSTRAINT_VIOLATED; else as `deleteRows`
 */
export async function mergeRows(table: DeltaTable, source: RowSource, options: MergeOptions): Promise<WriteOutcome> {
  // It can be read only once, and is planned on as often as need be.
  let held: readonly Rows[] | undefined
  return planAndCommit(table, options, async snapshot => {
    const { metadata, schema, version } = snapshot
    const takesOut = options.matched !== 'keep' || options.notMatchedBySource === 'delete'
    requireWritableRows(snapshot, takesOut ? 'change' : 'append', writtenFeatures(options), {
      table: table.url,
      version,
    })
    held ??= await allOf(source)
    const keyed = new KeyedRows(
      held,
      options.on,
      { schema, partitionColumns: metadata.partitionColumns },
      { table: table.url, version },
    )
    held = [keyed.rows]
    return planMerge(table, snapshot, keyed, options)
  })
}

async function allOf(source: RowSource): Promise<Rows[]> {
  const pieces: Rows[] = []
  for await (const piece of source) pieces.push(decodedRows(piece))
  return pieces
}

async function planMerge(
  table: DeltaTable,
  snapshot: Snapshot,
  source: KeyedRows,
  options: MergeOptions,
): Promise<Plan | undefined> {
  const { matched = 'update', notMatched = 'insert', notMatchedBySource = 'keep' } = options
  const where = { table: table.url, version: snapshot.version }
  const predicate = notMatchedBySource === 'delete' ? undefined : source.predicate()
  const mayMatch = predicate === undefined ? undefined : mayHoldBy(snapshot, predicate)
  const found = new Uint8Array(source.rows.count)
  let deletedBySource = 0
  const change: RowChange = {
    fields: source.keys,
    match: file => (mayMatch === undefined || mayMatch(file) ? 'maybe' : 'no'),
    whole: RowAction.update,
    decide(rows) {
      const rowActions = new Uint8Array(rows.count)
      for (const [row, place] of source.places(rows).entries()) {
        if (place >= 0) {
          const alike = source.alike(place)
          if (alike.length > 0 && matched === 'update') throw source.ambiguous(place)
          found[place] = 1
          for (const other of alike) found[other] = 1
          rowActions[row] = matchedActions[matched]
        } else if (notMatchedBySource === 'delete') {
          rowActions[row] = RowAction.delete
          deletedBySource++
        }
      }
      return Promise.resolve(rowActions)
    },
    change: updating(source, options.update, snapshot, where),
  }
  const changer = new RowChanger(table, snapshot, options)
  try {
    await changer.find(change)
    if (notMatched === 'insert') {
      const fresh = Int32Array.from(found.keys()).filter(row => found[row] === 0)
      for (let from = 0; from < fresh.length; from += insertedAtOnce) {
        await changer.insert(pickedRows(source.rows, fresh.subarray(from, from + insertedAtOnce)))
      }
    }
    const { actions, written, counts } = await changer.finish()
    if (actions.length === 0) return undefined
    const metrics = mergeMetrics(counts, source.rows.count, deletedBySource)
    const operationParameters = parametersOf(source, { matched, notMatched, notMatchedBySource })
    return rowChangePlan(
      { operation: 'MERGE', operationParameters, metrics, actions, written, reads: mayMatch ?? 'all' },
      options,
    )
  } catch (error) {
    await changer.abort()
    throw error
  }
}

const matchedActions = { update: RowAction.update, delete: RowAction.delete, keep: RowAction.keep } as const

/** Puts the source's columns over rows of the table, each of which has one row there. */
function updating(
  source: KeyedRows,
  names: readonly string[] | undefined,
  { schema }: Snapshot,
  where: LogPlace,
): RowChange['change'] {
  const taken = names === undefined ? undefined : new Set(fieldsByName(schema.fields, names, where))
  const columns = source.rows.columns.filter(({ field }) => taken === undefined || taken.has(field))
  for (const field of taken ?? []) {
    if (source.rows.count > 0 && !columns.some(column => column.field === field))
      throw new DeltaError(
        'DELTA_BAD_ROWS',
        `the source has no column ${field.name}, which an update is to take from it`,
        { where, data: { column: field.name } },
      )
  }
  const dataOf = new Map(columns.map(({ field, data }) => [field.name, data]))
  return rows => {
    const places = source.places(rows)
    return Promise.resolve({
      count: rows.count,
      columns: rows.columns.map((column): Column => {
        const data = dataOf.get(column.field.name)
        return data === undefined ? column : { field: column.field, data: pickedData(data, places) }
      }),
    })
  }
}

function parametersOf(
  { keys }: KeyedRows,
  {
    matched,
    notMatched,
    notMatchedBySource,
  }: Required<Pick<MergeOptions, 'matched' | 'notMatched' | 'notMatchedBySource'>>,
): NonNullable<Transaction['operationParameters']> {
  const equal = keys.map(({ name }) => `(target.${name} = source.${name})`)
  const clauses = (action: string | undefined, none: string): string =>
    JSON.stringify(action === none ? [] : [{ actionType: action }])
  return {
    predicate: JSON.stringify([equal.length === 1 ? equal[0] : `(${equal.join(' AND ')})`]),
    matchedPredicates: clauses(matched, 'keep'),
    notMatchedPredicates: clauses(notMatched, 'ignore'),
    notMatchedBySourcePredicates: clauses(notMatchedBySource, 'keep'),
  }
}
