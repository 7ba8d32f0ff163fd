import type { TableSpec } from '../../contract/index.js'
import {
  compareSchemas,
  createTable,
  type DeltaTable,
  draftOf,
  finishDraft,
  formatSchema,
  type Metadata,
  readsNothing,
  type TableState,
} from '../../delta/index.js'
import type { StructType } from '../../types/index.js'
import { type Lake, PipelineError } from '../lake/index.js'

/** The table as it is, and what a commit must carry to make it what the contract says. */
export interface OpenedTable {
  readonly table: DeltaTable
  readonly state: TableState
  /** The schema after the next commit. */
  readonly schema: StructType
  /** To be part of the next commit when the contract gained nullable fields; undefined when the table has them all. */
  readonly metadata: Metadata | undefined
}

/**
 * Opens a table, creating it when there is none, and compares it with the contract.
 *
 * @throws PipelineError CONTRACT_INCOMPATIBLE naming the field, the table's type and the contract's
 */
export async function openTable(lake: Lake, spec: TableSpec): Promise<OpenedTable> {
  const table = lake.table(spec.path)
  let state = await table.state({ fresh: true })
  if (state === undefined) {
    // Whoever wins the race, the table exists afterwards; the state then says what it is.
    await table.commit(createTable({ ...spec, createdTime: lake.clock.now() }))
    state = await table.state({ fresh: true })
    if (state === undefined)
      throw new PipelineError('NO_TABLE', `Table ${spec.path} was created and cannot be found.`, { retryable: true })
  }
  const change = compareSchemas(state.schema, spec.schema)
  if (change.kind === 'incompatible') {
    throw new PipelineError(
      'CONTRACT_INCOMPATIBLE',
      `Field ${change.field} of table ${spec.path} is ${change.tableType}, but the contract says ${change.wantedType} (${change.why}). ` +
        `Give the field another name in the contract, or move the table away and let it be recreated.`,
      { data: { table: spec.path, field: change.field, tableType: change.tableType, contractType: change.wantedType } },
    )
  }
  if (change.kind === 'same') return { table, state, schema: state.schema, metadata: undefined }
  const { actions } = finishDraft({ ...draftOf(state), schema: change.schema })
  if (actions.some(action => 'protocol' in action)) {
    // Rows of a type that only newer readers know may not come before the protocol says so. Whoever wins the race, the
    // table has what it needs afterwards.
    await table.commit({
      readVersion: state.version,
      actions,
      operation: 'ADD COLUMNS',
      isBlindAppend: true,
      reads: readsNothing,
    })
    return openTable(lake, spec)
  }
  return {
    table,
    state,
    schema: change.schema,
    metadata: { ...state.metadata, schemaString: formatSchema(change.schema) },
  }
}
