import { lineage, type Outcome, resolvedTable, silverPath, type Stream } from '../../contract/index.js'
import { type Action, type AddFile, type TableState, type Txn } from '../../delta/index.js'
import {
  copyToParquet,
  type DuckDbSession,
  identifier,
  literal,
  openDeltaView,
  publishFile,
  sqlType,
} from '../../query/index.js'
import type { Row, StructType } from '../../types/index.js'
import { type OpenedTable, openTable, withCarriedColumns } from '../incremental/index.js'
import { type Lake, openSession, PipelineError } from '../lake/index.js'
import { type ReplayCommit, replaysAfter, replaysOf, type ResolutionNote } from './replayLog.js'

/** Where in Kafka one record stands. */
export interface RecordPlace {
  readonly topic: string
  readonly generation: number
  readonly partition: number
  readonly offset: bigint
}

/** The place of a row that has lineage. */
export function placeOf(row: Row): RecordPlace {
  return {
    topic: row['_topic'] as string,
    generation: row['_generation'] as number,
    partition: row['_partition'] as number,
    offset: row['_offset'] as bigint,
  }
}

/** Records that got one outcome without a row in silver. */
export interface Resolution {
  readonly outcome: Exclude<Outcome, 'replayed'>
  readonly records: readonly RecordPlace[]
  readonly bronzeId: string
  readonly note: ResolutionNote
}

/** How many times in a row other writers of outcomes may win. */
const maxAttempts = 20

/**
 * Writes outcomes down: those given, and before them every replay that silver's log has and the outcomes lack, with the
 * rows that it brought. So a replay that was killed once its rows were in silver loses nothing of what is known of it,
 * and each replay is written down once, whoever comes first.
 *
 * @throws PipelineError CONTENDED when others won every time
 */
export async function recordOutcomes(
  lake: Lake,
  stream: Stream,
  resolutions: readonly Resolution[] = [],
): Promise<void> {
  const given = resolutions.filter(({ records }) => records.length > 0)
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const silver = await lake.table(silverPath(stream)).state({ fresh: true })
    if (given.length === 0 && (silver === undefined || replaysOf(silver) === 0n)) return
    const spec = resolvedTable(stream)
    const opened = await openTable(lake, silver === undefined ? spec : withCarriedColumns(spec, silver.schema))
    const done = silver === undefined ? 0n : recordedReplays(opened.state, silver)
    const replays = silver === undefined || replaysOf(silver) <= done ? [] : await replaysAfter(lake, stream, done)
    if (given.length === 0 && replays.length === 0) return
    if (await append(lake, stream, opened, { silver, replays, resolutions: given })) return
    await lake.clock.sleep(Math.ceil(Math.random() * 100 * attempt))
  }
  throw new PipelineError('CONTENDED', `Other writers of the outcomes of ${stream.name} won every time.`, {
    retryable: true,
  })
}

/** How many of silver's replays are among the outcomes. */
export function recordedReplays(
  outcomes: Pick<TableState, 'metadata' | 'txns'>,
  silver: Pick<TableState, 'metadata'>,
): bigint {
  return outcomes.txns.get(replaysAppId(outcomes, silver))?.version ?? 0n
}

const sequenceAppId = ({ metadata }: Pick<TableState, 'metadata'>) => `lake/${metadata.id}/sequence`

/** The txn that makes void whatever another writer of outcomes is about to append. */
export function nextSequence(outcomes: Pick<TableState, 'metadata' | 'txns'>, now: number): Txn {
  const appId = sequenceAppId(outcomes)
  return { appId, version: (outcomes.txns.get(appId)?.version ?? 0n) + 1n, lastUpdated: now }
}

const replaysAppId = (outcomes: Pick<TableState, 'metadata'>, silver: Pick<TableState, 'metadata'>) =>
  `lake/${outcomes.metadata.id}/replays/${silver.metadata.id}`

interface ToRecord {
  readonly silver: TableState | undefined
  readonly replays: readonly ReplayCommit[]
  readonly resolutions: readonly Resolution[]
}

/** @returns false when another writer came first */
async function append(
  lake: Lake,
  stream: Stream,
  opened: OpenedTable,
  { silver, replays, resolutions }: ToRecord,
): Promise<boolean> {
  const { table, state, schema, metadata } = opened
  const now = lake.clock.now()
  const counter = sequenceAppId(state)
  let sequence = state.txns.get(counter)?.version ?? 0n
  const adds: AddFile[] = []
  await using session = await openSession(lake)
  const write = async (select: string) => {
    const file = await copyToParquet(session, { select, table: { ...state.metadata, schema }, partitionValues: {} })
    if (file !== undefined) adds.push(await publishFile(table.store, file, lake.clock))
  }
  for (const replay of replays) {
    sequence++
    if (silver !== undefined) await writeReplay(lake, stream, session, { silver, replay, schema, sequence }, write)
  }
  for (const resolution of resolutions) {
    sequence++
    await write(
      rowsOf(
        schema,
        `(VALUES ${resolution.records.map(placeSql).join(', ')}) AS r(${places})`,
        {
          ...common(resolution, resolution.outcome, sequence),
        },
        lineage,
      ),
    )
  }
  const last = replays.at(-1)?.ordinal
  const actions: Action[] = [
    ...(metadata === undefined ? [] : [{ metaData: metadata }]),
    { txn: { appId: counter, version: sequence, lastUpdated: now } },
    ...(silver === undefined || last === undefined
      ? []
      : [{ txn: { appId: replaysAppId(state, silver), version: last, lastUpdated: now } }]),
    ...adds.map((add): Action => ({ add })),
  ]
  const outcome = await table.commit({
    readVersion: state.version,
    actions,
    operation: 'WRITE',
    operationParameters: { mode: 'Append' },
    isBlindAppend: false,
    reads: { files: 'none', appIds: appId => appId === counter },
  })
  return outcome.kind === 'committed'
}

interface ReplayToWrite {
  readonly silver: TableState
  readonly replay: ReplayCommit
  readonly schema: StructType
  readonly sequence: bigint
}

/** The rows that a replay brought, out of the files that its commit added. */
async function writeReplay(
  lake: Lake,
  stream: Stream,
  session: DuckDbSession,
  { silver, replay, schema, sequence }: ReplayToWrite,
  write: (select: string) => Promise<void>,
): Promise<void> {
  const names = new Set(schema.fields.map(({ name }) => name))
  const columns = silver.schema.fields.flatMap(({ name }) => (names.has(name) ? [name] : []))
  const store = lake.store.within(silverPath(stream))
  using view = await openDeltaView(session, lake.files, { store, state: silver, files: replay.files, columns })
  await write(rowsOf(schema, `(${view.sql})`, common(replay, 'replayed', sequence), columns))
}

const places = lineage.join(', ')
const placeSql = ({ topic, generation, partition, offset }: RecordPlace) =>
  `(${literal(topic)}, ${generation}, ${partition}, ${offset})`

function common(
  { note, bronzeId }: Pick<Resolution, 'note' | 'bronzeId'>,
  outcome: Outcome,
  sequence: bigint,
): Readonly<Record<string, string>> {
  return {
    _outcome: literal(outcome),
    _by: literal(note.by),
    _at: `make_timestamptz(${BigInt(Math.round(note.at)) * 1000n}::BIGINT)`,
    _why: note.why === undefined ? 'NULL' : literal(note.why),
    _fix: note.fix === undefined ? 'NULL' : literal(note.fix),
    _sequence: String(sequence),
    _bronze_id: literal(bronzeId),
  }
}

/** A SELECT of the table's columns: by expression, from the relation, or null. */
function rowsOf(
  schema: StructType,
  relation: string,
  values: Readonly<Record<string, string>>,
  columns: readonly string[],
): string {
  const select = schema.fields.map(({ name, type }) => {
    const value = values[name] ?? (columns.includes(name) ? identifier(name) : 'NULL')
    return `CAST(${value} AS ${sqlType(type)}) AS ${identifier(name)}`
  })
  return `SELECT ${select.join(', ')} FROM ${relation}`
}
