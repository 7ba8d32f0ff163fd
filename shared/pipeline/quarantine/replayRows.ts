import { bronzePath, lineage, silverPath, silverTable, type Stream } from '../../contract/index.js'
import { type AddFile, filesThatMayMatch, type TableState } from '../../delta/index.js'
import { openDeltaView } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { dayMicros } from '../../types/index.js'
import {
  commitRows,
  expiredBefore,
  type OpenedTable,
  openTable,
  readCursor,
  rowLossesOf,
  SessionTable,
  snapshotOf,
  timeBetween,
  withCarriedColumns,
} from '../incremental/index.js'
import { type Lake, openSession, PipelineError, untilCommitted } from '../lake/index.js'
import {
  inRanges,
  nextReplay,
  placeOf,
  recordOutcomes,
  type RecordPlace,
  replayJson,
  type ResolutionNote,
} from '../outcomes/index.js'
import { acceptRows, loadValidRows, refineSilver, silverDerivation, type Tally, tallyJson } from '../silver/index.js'
import type { StepRun } from '../step/index.js'

/** Records that are valid now, as rows of bronze without an error, in a file outside the table. */
export interface StagedRows {
  readonly store: ObjectStore
  readonly file: AddFile
  /** Bronze's metadata, and its schema by today's contract. */
  readonly bronze: Pick<TableState, 'metadata' | 'schema' | 'txns'>
  /** What the rows are of. */
  readonly places: readonly RecordPlace[]
}

/** What became of the staged rows. */
export interface ReplayedRows {
  /** Of silver; undefined when no row was new to it. */
  readonly version: number | undefined
  readonly inserted: number
  readonly late: number
  /** Rows of keys that silver has already, or that came twice. */
  readonly duplicates: readonly RecordPlace[]
  /** Rows that silver has already, of the very same records. */
  readonly alreadyThere: readonly RecordPlace[]
  /** Rows of days that silver has lost for their age. */
  readonly expired: readonly RecordPlace[]
}

/** How many times in a row other writers may win before a replay gives up for now. */
const maxPlans = 20

/**
 * Brings rows to silver by the way of all rows: compared with one another and against what silver has within the
 * window, in one commit that no other writer of silver came before. Silver reads bronze to its end first: what came
 * before a replay is in silver before it, and a rebuild accepts the same rows. A record that silver has is never brought again, so a replay may be
 * called, killed and doubled at will. What it did is then among the outcomes, with who, when and why.
 *
 * @throws PipelineError CONTENDED when others won every time; SILVER_BEHIND when silver cannot read on
 */
export async function replayRows(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  staged: StagedRows,
  note: ResolutionNote,
): Promise<ReplayedRows> {
  const once = async () => (await replayOnce(lake, stream, run, staged, note)) ?? 'lost'
  const replayed = await untilCommitted(lake, silverPath(stream), maxPlans, once)
  const { duplicates, expired } = replayed
  const bronzeId = staged.bronze.metadata.id
  await recordOutcomes(lake, stream, [
    { outcome: 'duplicate', records: duplicates, bronzeId, note },
    { outcome: 'expired', records: expired, bronzeId, note },
  ])
  return replayed
}

/** @returns undefined when another writer won and the plan is void */
async function replayOnce(
  lake: Lake,
  stream: Stream,
  run: StepRun,
  staged: StagedRows,
  note: ResolutionNote,
): Promise<ReplayedRows | undefined> {
  await letSilverCatchUp(lake, stream)
  const { source, target } = silverDerivation(lake, stream, {})
  const bronze = await lake.table(bronzePath(stream)).state({ fresh: true })
  if (bronze?.metadata.id !== staged.bronze.metadata.id) {
    throw new PipelineError('SOURCE_TABLE_CHANGED', `${source.path} was recreated while its records were replayed.`)
  }
  const opened = await openTable(lake, withCarriedColumns(silverTable(stream), bronze.schema))
  await requireUnchanged(lake, stream, staged)
  const names = { table: target.spec.path, source: source.path, rebuild: target.rebuiltBy }
  const cursor = readCursor(opened.state, bronze.metadata.id, names)
  if (cursor === undefined || cursor.files > 0) return undefined
  await using session = await openSession(lake)
  const { store, file } = staged
  const all = await loadValidRows(session, lake, stream, {
    store,
    bronze: staged.bronze,
    silver: opened.schema,
    files: [file],
  })
  const held = await heldRows(lake, stream, opened, all, staged.places)
  const fresh = `SELECT * FROM ${all.name} ANTI JOIN ${held.name} USING (${lineage.join(', ')})`
  const isOver = overCondition(stream, expiredBefore(opened.state))
  const over = await SessionTable.create(session, 'over_rows', lineage, `SELECT * FROM (${fresh}) WHERE ${isOver}`)
  const rows = await SessionTable.create(
    session,
    'new_rows',
    all.columns,
    `SELECT * FROM (${fresh}) WHERE NOT (${isOver})`,
  )
  const { adds, tally, duplicates } = await acceptRows(lake, stream, rows, opened, staged.places.length)
  const { inserted, late } = tally
  const [again, alreadyThere, expired] = [await placesOf(duplicates), await placesOf(held), await placesOf(over)]
  const outcome = { inserted, late, duplicates: again, alreadyThere, expired }
  if (inserted === 0) return { ...outcome, version: undefined }
  const txn = nextReplay(opened.state, lake.clock.now())
  const replay = replayJson({ ordinal: txn.version, note, bronzeId: bronze.metadata.id })
  const { version } = await commitRows(lake, run, { source, target }, opened, {
    mode: 'Append',
    adds,
    removes: [],
    source: bronze,
    from: cursor,
    to: cursor,
    txns: [txn],
    counts: { rowsIn: staged.places.length, rowsOut: inserted },
    info: { ...tallyJson(insertedOf(tally), inserted), replay },
  })
  return version === undefined ? undefined : { ...outcome, version }
}

/** Whether an event is of a day before that one. */
function overCondition(stream: Stream, firstDay: number | undefined): string {
  return firstDay === undefined ? 'false' : timeBetween(stream, -(2n ** 62n), BigInt(firstDay) * dayMicros)
}

/**
 * Records that were erased since they were read are not brought: asked once silver is opened, so that an erasure which
 * comes later makes the commit a conflict.
 *
 * @throws PipelineError CONTENDED
 */
async function requireUnchanged(lake: Lake, stream: Stream, { bronze }: StagedRows): Promise<void> {
  const now = await lake.table(bronzePath(stream)).state({ fresh: true })
  if (now === undefined || rowLossesOf(now) === rowLossesOf(bronze)) return
  throw new PipelineError(
    'CONTENDED',
    `Rows of bronze of ${stream.name} were erased or expired while its records were replayed; replay again.`,
    { retryable: true },
  )
}

/** Duplicates are in their outcomes: here only what a commit of silver brings is counted, and so once. */
function insertedOf(tally: Tally): Tally {
  const partitions = tally.partitions
    .filter(({ inserted }) => inserted > 0)
    .map(counters => ({ ...counters, valid: counters.inserted, duplicates: 0 }))
  return { ...tally, partitions, valid: tally.inserted, duplicates: 0 }
}

/** @throws PipelineError SILVER_BEHIND */
async function letSilverCatchUp(lake: Lake, stream: Stream): Promise<void> {
  for (;;) {
    const { outcome, more, error } = await refineSilver(lake, stream, { trigger: 'command' })
    if (outcome === 'failed') {
      throw new PipelineError(
        'SILVER_BEHIND',
        `Silver of ${stream.name} has to read bronze to its end before records are replayed, and cannot: ${error?.message ?? ''}`,
        { retryable: error?.retryable === true },
      )
    }
    if (more !== true) return
  }
}

/** The lineage of rows that silver has already. */
async function heldRows(
  lake: Lake,
  stream: Stream,
  { table, state, schema }: OpenedTable,
  rows: SessionTable,
  places: readonly RecordPlace[],
): Promise<SessionTable> {
  const { files } = await snapshotOf(table, state.version)
  using view = await openDeltaView(rows.session, lake.files, {
    store: lake.store.within(silverPath(stream)),
    state: { metadata: state.metadata, schema },
    files: filesThatMayMatch({ metadata: state.metadata, schema }, files, inRanges(rangesOf(places))),
    columns: lineage,
  })
  const same = lineage.join(', ')
  const select = `SELECT ${same} FROM ${rows.name} SEMI JOIN (${view.sql}) USING (${same})`
  return await SessionTable.create(rows.session, 'held_rows', lineage, select)
}

function rangesOf(places: readonly RecordPlace[]) {
  return Array.from(
    Map.groupBy(places, ({ partition }) => partition),
    ([partition, some]) => {
      const offsets = some.map(({ offset }) => offset)
      const least = offsets.reduce((a, b) => (b < a ? b : a))
      const greatest = offsets.reduce((a, b) => (b > a ? b : a))
      return { partition, least, greatest }
    },
  )
}

async function placesOf(rows: SessionTable): Promise<readonly RecordPlace[]> {
  const { rows: found } = await rows.session.query(`SELECT ${lineage.join(', ')} FROM ${rows.name}`)
  return found.map(placeOf)
}
