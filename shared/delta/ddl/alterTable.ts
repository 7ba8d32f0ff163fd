import { keptFeatures, requireWritableRows } from '../protocol/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { type DeltaTable, draftOf, finishDraft, startsTracking, type TableDraft } from '../table/index.js'
import type { Transaction } from '../transaction/index.js'
import { type Plan, planAndCommit, type WriteOptions, type WriteOutcome } from '../write/index.js'
import { type AlterOperation, joinOperations, operationOf } from './alterOperation.js'
import {
  addColumns,
  dropColumn,
  moveColumn,
  renameColumn,
  setComment,
  setNullability,
  widenType,
} from './columnChange.js'
import { requireRowsMeet } from './existingRows.js'
import type { TableChange } from './tableChange.js'
import {
  addConstraint,
  addFeature,
  dropConstraint,
  dropFeature,
  setClustering,
  setProperties,
  unsetProperties,
} from './tableSettings.js'

/**
 * Changes a table's schema, properties, constraints, clustering or features, all in one commit, in the order given. No
 * row is written; a change that asks something of the rows that are there reads them, and one that tracks rows from now
 * on gives ids to them. The protocol becomes what the table then needs.
 *
 * @throws DeltaError DELTA_NO_COLUMN, DELTA_BAD_SCHEMA, DELTA_INCOMPATIBLE_SCHEMA, DELTA_BAD_PROPERTY,
 * DELTA_CONSTRAINT_VIOLATED (a row that does not meet a new constraint) or DELTA_UNSUPPORTED_FEATURE; nothing is written
 * then
 * @example
 * await alterTable(table, [{ kind: 'setProperties', properties: { 'delta.columnMapping.mode': 'name' } }])
 * await alterTable(table, [
 *   { kind: 'renameColumn', column: 'ts', name: 'event time' },
 *   { kind: 'addColumns', columns: [{ field: { name: 'source', type: 'string', nullable: true } }] },
 * ])
 */
export async function alterTable(
  table: DeltaTable,
  changes: readonly TableChange[],
  options: WriteOptions = {},
): Promise<WriteOutcome> {
  return planAndCommit(table, options, snapshot => planAlter(table, snapshot, changes, options))
}

async function planAlter(
  table: DeltaTable,
  snapshot: Snapshot,
  changes: readonly TableChange[],
  { expressions, openFolder, info }: WriteOptions,
): Promise<Plan | undefined> {
  const where = { table: table.url, version: snapshot.version }
  requireWritableRows(snapshot, 'append', keptFeatures, where)
  let draft = draftOf(snapshot)
  const operations: AlterOperation[] = []
  for (const change of changes) {
    const next = applyChange(draft, change)
    operations.push(operationOf(change, draft, next))
    draft = next
  }
  const after = finishDraft(draft)
  const { actions, protocol, metadata, schema } = after
  if (actions.length === 0) return undefined
  requireWritableRows({ protocol, metadata, schema }, 'append', keptFeatures, where)
  await requireRowsMeet(table.store, { ...snapshot, protocol, metadata, schema }, draft.checks, {
    expressions,
    openFolder,
    where,
  })
  const tracks = startsTracking(draft, after)
  const readsRows = draft.checks.length > 0 || tracks
  const { operation, operationParameters } = joinOperations(operations)
  const transaction: Omit<Transaction, 'readVersion'> = {
    actions: tracks ? [...actions, ...withoutRowIds(snapshot)] : actions,
    operation,
    operationParameters,
    info,
    isBlindAppend: !readsRows,
    reads: { files: readsRows ? 'all' : 'none', appIds: () => false },
    keeps: keptFeatures,
  }
  return { transaction, metrics: {}, written: [] }
}

function applyChange(draft: TableDraft, change: TableChange): TableDraft {
  switch (change.kind) {
    case 'addColumns':
      return addColumns(draft, change.columns)
    case 'dropColumn':
      return dropColumn(draft, change)
    case 'renameColumn':
      return renameColumn(draft, change)
    case 'moveColumn':
      return moveColumn(draft, change)
    case 'widenType':
      return widenType(draft, change)
    case 'dropNotNull':
    case 'setNotNull':
      return setNullability(draft, change)
    case 'setComment':
      return setComment(draft, change)
    case 'setDescription':
      return { ...draft, description: change.description }
    case 'setProperties':
      return setProperties(draft, change)
    case 'unsetProperties':
      return unsetProperties(draft, change)
    case 'addConstraint':
      return addConstraint(draft, change)
    case 'dropConstraint':
      return dropConstraint(draft, change)
    case 'setClustering':
      return setClustering(draft, change)
    case 'addFeature':
      return addFeature(draft, change)
    case 'dropFeature':
      return dropFeature(draft, change)
  }
}

/**
 * Files without ids for their rows, named once more: the commit gives every file it adds the ids and the version that
 * it lacks. Row tracking promises them for all rows.
 */
function withoutRowIds({ files }: Snapshot): Transaction['actions'] {
  return files
    .filter(
      ({ baseRowId, defaultRowCommitVersion }) => baseRowId === undefined || defaultRowCommitVersion === undefined,
    )
    .map(add => ({ add: { ...add, dataChange: false } }))
}
