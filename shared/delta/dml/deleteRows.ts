import type { Action, AddFile } from '../actions/index.js'
import { requireWritableRows } from '../protocol/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { DeltaTable } from '../table/index.js'
import type { Reads } from '../transaction/index.js'
import {
  type Condition,
  type Plan,
  planAndCommit,
  type WriteOptions,
  type WriteOutcome,
  writtenFeatures,
} from '../write/index.js'
import type { ChangeCounts } from './changeCounts.js'
import { changeMetrics } from './changeMetrics.js'
import { RowAction, type RowChange } from './rowChange.js'
import { predicateParameter, rowChangePlan } from './rowChangePlan.js'
import { RowChanger } from './rowChanger.js'
import { type RowCondition, rowCondition } from './rowCondition.js'

/** Which rows {@link deleteRows} deletes, and how. */
export interface DeleteOptions extends WriteOptions {
  /** Which rows are deleted: those for which it is true; all rows when absent. */
  readonly where?: Condition | undefined
}

/**
 * Deletes rows: by deletion vectors where the table has them enabled, else by writing the rows that stay into new
 * files. A file whose rows are all deleted is removed from the table as a whole; one that statistics or partition
 * values show to have no such row is not read. Memory is bounded by a row group and the positions of the deleted rows.
 *
 * ```ts
 * const outcome = await deleteRows(table, { where: { op: '<', column: 'day', value: 20_000 } })
 * ```
 *
 * @throws DeltaError DELTA_APPEND_ONLY, DELTA_UNSUPPORTED_FEATURE, DELTA_NO_COLUMN, DELTA_UNSUPPORTED_TYPE, and what reading throws
 */
export function deleteRows(table: DeltaTable, options: DeleteOptions = {}): Promise<WriteOutcome> {
  return planAndCommit(table, options, snapshot => planDelete(table, snapshot, options))
}

async function planDelete(table: DeltaTable, snapshot: Snapshot, options: DeleteOptions): Promise<Plan | undefined> {
  const deletion = await planDeletion(table, snapshot, options)
  if (deletion.actions.length === 0) return undefined
  const { counts, text, ...changed } = deletion
  const operationParameters = { predicate: predicateParameter(text) }
  return rowChangePlan(
    { ...changed, operation: 'DELETE', operationParameters, metrics: changeMetrics('DELETE', counts) },
    options,
  )
}

/** The part of a plan that deletes rows, to be combined with other changes in the same commit. */
export interface Deletion {
  /** `remove`s, `add`s and `cdc`s; none when no row is deleted. */
  readonly actions: readonly Action[]
  readonly written: Plan['written']
  readonly counts: Readonly<ChangeCounts>
  /** Which files the deletion depends on. */
  readonly reads: Reads['files']
  /** The condition as the log reports it; undefined when all rows are deleted. */
  readonly text: string | undefined
  /** Whether the commit has change files now: they must then hold its other changes, too. */
  readonly feed: boolean
}

/**
 * Plans the deletion of rows on one version of the table, and writes the files that it needs; after an error none is
 * left. The caller commits the actions, or discards what was written.
 */
export async function planDeletion(table: DeltaTable, snapshot: Snapshot, options: DeleteOptions): Promise<Deletion> {
  requireWritableRows(snapshot, 'change', writtenFeatures(options), { table: table.url, version: snapshot.version })
  const condition = await rowCondition(options.where, snapshot, { expressions: options.expressions, url: table.url })
  const changer = new RowChanger(table, snapshot, options)
  try {
    await changer.find(deletedWhere(condition))
    const changed = await changer.finish()
    return { ...changed, reads: condition.reads, text: condition.text }
  } catch (error) {
    await changer.abort()
    throw error
  }
}

function deletedWhere(condition: RowCondition): RowChange {
  return {
    fields: condition.fields,
    match: (file: AddFile) => condition.match(file),
    whole: RowAction.delete,
    // The condition answers 1 for a row that matches, which is `RowAction.delete`.
    decide: rows => condition.test(rows),
    change: undefined,
  }
}
