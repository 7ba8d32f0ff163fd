import type { TableState } from '../protocol/index.js'
import { StateReplay } from '../snapshot/index.js'
import { createTable, type DeltaTable, type TableDefinition } from '../table/index.js'
import {
  type RepeatableRows,
  SourceWriting,
  type WriteOptions,
  type WriteOutcome,
  writtenFeatures,
} from '../write/index.js'
import { writeMetrics } from './appendRows.js'

/**
 * Creates a table with its first rows, in one commit: the table never exists without all of them. When there is one
 * already, that is the conflict `tableExists`.
 *
 * ```ts
 * await createWithRows(table, { schema, createdTime: clock.now() }, [rowsOf(schema, [{ id: 1n, name: 'x' }])])
 * ```
 *
 * @throws DeltaError as {@link createTable} and `appendRows`; then nothing is made
 */
export async function createWithRows(
  table: DeltaTable,
  definition: TableDefinition,
  rows: RepeatableRows,
  options: WriteOptions = {},
): Promise<WriteOutcome> {
  const making = createTable(definition)
  const before = await table.state({ fresh: true })
  if (before !== undefined)
    return { kind: 'conflict', reason: 'tableExists', version: before.version, detail: 'there is a table already' }
  const writing = new SourceWriting(table, rows, options)
  const files = await writing.filesFor(stateOf(making.actions, definition.createdTime, table.url))
  const metrics = writeMetrics(files)
  // When this throws, nobody knows whether the commit was written: its files must stay.
  const outcome = await table.commit({
    ...making,
    actions: [...making.actions, ...files.adds.map(add => ({ add }))],
    operation: 'CREATE TABLE AS SELECT',
    operationMetrics: metrics,
    info: options.info,
    keeps: writtenFeatures(options),
  })
  if (outcome.kind === 'committed') return { kind: 'committed', version: outcome.version, metrics }
  await writing.discard()
  return outcome
}

/** The table as its first actions make it. */
function stateOf(actions: Parameters<StateReplay['applyCommit']>[0], timestamp: number, table: string): TableState {
  const replay = new StateReplay()
  replay.applyCommit(actions)
  return replay.finish(0, timestamp, { table })
}
