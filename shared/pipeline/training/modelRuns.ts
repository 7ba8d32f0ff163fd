import { optional, type TableSpec } from '../../contract/index.js'
import { type Action, readsNothing, writeDataFile } from '../../delta/index.js'
import { openDeltaView } from '../../query/index.js'
import type { Row } from '../../types/index.js'
import { columnsOf, openTable } from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'

/** What happened to a model. */
export type ModelEvent = 'trained' | 'registered' | 'promoted' | 'rolled_back' | 'refused' | 'pushed'

/** A row of `model_runs`; what is not known of an event is absent. */
export interface ModelRun {
  readonly stream: string
  readonly model: string
  readonly event: ModelEvent
  readonly version?: string | undefined
  readonly runId?: string | undefined
  readonly seed?: number | undefined
  readonly rows?: number | undefined
  readonly datasetVersion?: number | undefined
  readonly digest?: string | undefined
  readonly auc?: number | undefined
  readonly precisionAt1?: number | undefined
  readonly championVersion?: string | undefined
  readonly championAuc?: number | undefined
  readonly margin?: number | undefined
  readonly threshold?: number | undefined
  readonly durationSeconds?: number | undefined
  readonly reason?: string | undefined
  readonly mlflowRunId?: string | undefined
}

/** A row per training, registration, promotion, rollback and push of a model. */
export const modelRunsTable: TableSpec = {
  path: 'model_runs',
  description: 'What happened to models: trainings, registrations, promotions, rollbacks.',
  schema: {
    type: 'struct',
    fields: [
      optional('run_time', 'timestamp', 'When it happened, UTC.'),
      optional('stream', 'string', 'The stream whose events the model scores.'),
      optional('model', 'string', 'Its name.'),
      optional('version', 'string', 'Its version; null where none was registered.'),
      optional('event', 'string', 'trained, registered, promoted, rolled_back, refused or pushed.'),
      optional('run_id', 'string', 'The training, a UUID: the same in all rows of it.'),
      optional('seed', 'long', 'What the training drew its random numbers from.'),
      optional('rows', 'long', 'Rows that the model was trained on.'),
      optional('dataset_version', 'long', "Silver's Delta version that they were taken from."),
      optional('digest', 'string', "SHA-256 of the model's file."),
      optional('auc', 'double', 'Area under the ROC curve on held-out rows with injected anomalies.'),
      optional('precision_at_1', 'double', 'Share of anomalies among the highest percent of scores there.'),
      optional('champion_version', 'string', 'The version that scored when this happened.'),
      optional('champion_auc', 'double', 'Its area under the curve on the same rows.'),
      optional('margin', 'double', 'By how much it had to be beaten.'),
      optional('threshold', 'double', 'Scores above it are anomalies.'),
      optional('duration_seconds', 'double', 'How long the training took.'),
      optional('reason', 'string', 'Why, in a sentence.'),
      optional('mlflow_run_id', 'string', 'The run on the MLflow server, where there is one.'),
    ],
  },
  partitionColumns: [],
}

/** Appends rows to `model_runs`, in one commit */
export async function recordModelRuns(lake: Lake, runs: readonly ModelRun[]): Promise<void> {
  const { table, state, metadata, schema } = await openTable(lake, modelRunsTable)
  const time = BigInt(await table.store.now()) * 1000n
  const layout = { schema, partitionColumns: [], configuration: state.metadata.configuration }
  const rows = runs.map(run => rowOf(run, time))
  const add = await writeDataFile(table.store, layout, columnsOf(schema.fields, rows), {})
  const actions: Action[] = [...(metadata === undefined ? [] : [{ metaData: metadata }]), { add }]
  await table.commit({
    readVersion: state.version,
    actions,
    operation: 'WRITE',
    operationParameters: { mode: 'Append' },
    operationMetrics: { numFiles: 1, numOutputRows: rows.length, numOutputBytes: add.size },
    isBlindAppend: true,
    reads: readsNothing,
  })
}

function rowOf(run: ModelRun, time: bigint): Row {
  const whole = (n: number | undefined) => (n === undefined ? null : BigInt(n))
  return {
    run_time: time,
    stream: run.stream,
    model: run.model,
    version: run.version ?? null,
    event: run.event,
    run_id: run.runId ?? null,
    seed: whole(run.seed),
    rows: whole(run.rows),
    dataset_version: whole(run.datasetVersion),
    digest: run.digest ?? null,
    auc: run.auc ?? null,
    precision_at_1: run.precisionAt1 ?? null,
    champion_version: run.championVersion ?? null,
    champion_auc: run.championAuc ?? null,
    margin: run.margin ?? null,
    threshold: run.threshold ?? null,
    duration_seconds: run.durationSeconds ?? null,
    reason: run.reason ?? null,
    mlflow_run_id: run.mlflowRunId ?? null,
  }
}

/** The version that the newest promotion or rollback of a model recorded; undefined when there is none. */
export async function lastPromoted(lake: Lake, model: string): Promise<string | undefined> {
  const table = lake.table(modelRunsTable.path)
  const state = await table.snapshot()
  if (state === undefined) return undefined
  await using session = await openSession(lake)
  const columns = ['run_time', 'model', 'event', 'version']
  using view = await openDeltaView(session, lake.files, { store: table.store, state, files: state.files, columns })
  const { rows } = await session.query(
    `SELECT model, version FROM (${view.sql}) WHERE event IN ('promoted', 'rolled_back') ORDER BY run_time DESC`,
  )
  const version = rows.find(row => row['model'] === model)?.['version']
  return typeof version === 'string' ? version : undefined
}
