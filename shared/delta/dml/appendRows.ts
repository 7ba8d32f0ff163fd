import { requireWritableRows, type TableState } from '../protocol/index.js'
import type { DeltaTable } from '../table/index.js'
import { type ConflictReason, readsNothing } from '../transaction/index.js'
import {
  mergedSchema,
  type RepeatableRows,
  RowsConsumed,
  type SourceFiles,
  SourceWriting,
  type WriteMetrics,
  type WriteOptions,
  type WriteOutcome,
  writtenFeatures,
} from '../write/index.js'

/** How {@link appendRows} appends; rows that do not fit the schema are refused unless `mergeSchema` is given. */
export interface AppendOptions extends WriteOptions {
  /**
   * Columns of the rows that the table lacks are added to it, in the same commit; types become wider where the table
   * has `delta.enableTypeWidening`.
   */
  readonly mergeSchema?: boolean | undefined
}

/** Conflicts after which rows that were written may still be added. */
const again: ReadonlySet<ConflictReason> = new Set<ConflictReason>([
  'protocolChanged',
  'metadataChanged',
  'domainChanged',
  'concurrentTransaction',
  'tooManyAttempts',
])

const defaultMaxPlans = 10

/**
 * Adds rows to a table. They are written once, and committed on top of whatever others commit meanwhile; only when
 * these change what the table's files are to be, rows are written again, for which they must be readable again: an
 * array, or a function that answers them. From a stream, that is a conflict.
 *
 * ```ts
 * const outcome = await appendRows(table, [rowsOf(schema, [{ id: 1n, name: 'x' }])], { txn: { appId: 'import', version: 7n } })
 * ```
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE, DELTA_BAD_ROWS, DELTA_CONSTRAINT_VIOLATED, DELTA_INCOMPATIBLE_SCHEMA; then nothing is added
 */
export async function appendRows(
  table: DeltaTable,
  rows: RepeatableRows,
  options: AppendOptions = {},
): Promise<WriteOutcome> {
  const { txn, maxPlans = defaultMaxPlans } = options
  const keeps = writtenFeatures(options)
  const writing = new SourceWriting(table, rows, {
    ...options,
    ...(options.mergeSchema === true
      ? { schemaFor: (known, piece) => mergedSchema(known, piece, { table: table.url }) }
      : {}),
  })
  let conflict: Extract<WriteOutcome, { kind: 'conflict' }> | undefined
  for (let round = 1; ; round++) {
    const state = await table.state({ fresh: true })
    const earlier = state === undefined ? ({ kind: 'noTable' } as const) : appliedBefore(state, txn)
    if (state === undefined || earlier !== undefined) {
      await writing.discard()
      return earlier ?? { kind: 'noTable' }
    }
    requireWritableRows(state, 'append', keeps, { table: table.url, version: state.version })
    let files: SourceFiles
    try {
      files = await writing.filesFor(state)
    } catch (error) {
      if (error instanceof RowsConsumed && conflict !== undefined) return conflict
      throw error
    }
    if (files.adds.length === 0 && files.rules.length === 0 && txn === undefined)
      return { kind: 'nothingToDo', version: state.version }
    const metrics = writeMetrics(files)
    // When this throws, nobody knows whether the commit was written: its files must stay.
    const outcome = await table.commit({
      readVersion: state.version,
      actions: [...files.rules, ...files.adds.map(add => ({ add })), ...(txn === undefined ? [] : [{ txn }])],
      operation: 'WRITE',
      operationParameters: { mode: 'Append', partitionBy: JSON.stringify(files.table.metadata.partitionColumns) },
      operationMetrics: metrics,
      info: options.info,
      isBlindAppend: true,
      reads: readsNothing,
      keeps,
    })
    if (outcome.kind === 'committed') return { kind: 'committed', version: outcome.version, metrics }
    conflict = outcome
    if (!again.has(outcome.reason) || round >= maxPlans) {
      await writing.discard()
      return conflict
    }
  }
}

function appliedBefore({ txns, version }: TableState, txn: WriteOptions['txn']): WriteOutcome | undefined {
  const done = txn !== undefined && (txns.get(txn.appId)?.version ?? -1n) >= txn.version
  return done ? { kind: 'alreadyApplied', version } : undefined
}

/** By Spark's names. */
export function writeMetrics({ adds, rows }: Pick<SourceFiles, 'adds' | 'rows'>): WriteMetrics {
  return {
    numFiles: BigInt(adds.length),
    numOutputRows: BigInt(rows),
    numOutputBytes: BigInt(adds.reduce((sum, { size }) => sum + size, 0)),
  }
}
