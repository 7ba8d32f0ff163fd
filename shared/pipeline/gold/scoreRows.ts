import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { scoreColumns, scoredPartitionColumns, type Stream } from '../../contract/index.js'
import type { AddFile, TableState } from '../../delta/index.js'
import { ModelError } from '../../models/index.js'
import { encodeParquet } from '../../parquet/index.js'
import { type DuckDbSession, identifier, literal, openDeltaView, parquetFiles } from '../../query/index.js'
import { chunks } from '../../types/index.js'
import { featureColumns, FeatureMatrix } from '../features/index.js'
import {
  type DayCount,
  dayCount,
  dayFilesOf,
  eventDay,
  maxRowsOf,
  type OpenedTable,
  recordCount,
  type RefreshOptions,
  rowsIn,
  rowsPerFile,
  SessionTable,
  writeDayFiles,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import type { ReadyModel } from './champion.js'

/** Rows to be scored. */
export interface ScoringSource {
  /** The table's folder in the lake. */
  readonly path: string
  readonly state: Pick<TableState, 'metadata' | 'schema'>
  /**
   * Of the scored table itself: which of its rows get a new score, as an SQL condition. The others are copied with the
   * score that they have.
   */
  readonly rescored?: string | undefined
}

/** What is to be scored, by what, and where it goes. */
export interface Scoring {
  readonly source: ScoringSource
  readonly scored: OpenedTable
  /** `undefined` gives rows without a score. */
  readonly model: ReadyModel | undefined
}

/** Files uploaded and not committed, and what is counted in them. */
export interface Scored {
  readonly adds: readonly AddFile[]
  readonly rows: number
  /** Rows with a score. */
  readonly scored: number
  readonly anomalies: number
}

/** Uploads files with the rows of silver's files and their scores, in pieces that the run's bounds allow. */
export async function scoreFiles(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions,
  scoring: Scoring,
  files: readonly AddFile[],
): Promise<Scored> {
  let total: Scored = { adds: [], rows: 0, scored: 0, anomalies: 0 }
  // A file is of one day, so that pieces of whole days give fewer files.
  const byDay = files.toSorted((a, b) => compare(a.partitionValues['_event_date'], b.partitionValues['_event_date']))
  for (const part of chunks(byDay, recordCount, maxRowsOf(lake, options))) {
    const { adds, rows, scored, anomalies } = await scorePart(lake, stream, options, scoring, part)
    total = {
      adds: [...total.adds, ...adds],
      rows: total.rows + rows,
      scored: total.scored + scored,
      anomalies: total.anomalies + anomalies,
    }
  }
  return total
}

function compare(a: string | null | undefined, b: string | null | undefined): number {
  return (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0
}

async function scorePart(
  lake: Lake,
  stream: Stream,
  options: RefreshOptions,
  { source, scored, model }: Scoring,
  files: readonly AddFile[],
): Promise<Scored> {
  await using session = await openSession(lake)
  const verdicts: readonly string[] = source.rescored === undefined ? [] : scoreColumns
  const fields = source.state.schema.fields.filter(f => !scoredPartitionColumns.includes(f.name))
  const columns = fields.map(f => f.name)
  const store = lake.store.within(source.path)
  using view = await openDeltaView(session, lake.files, { store, state: source.state, files, columns })
  const where = (condition: string) => `SELECT * FROM (${view.sql}) WHERE ${condition}`
  const given = columns.filter(name => !verdicts.includes(name))
  // A table, because its rows are read more than once.
  const rows = await SessionTable.create(session, 'new_rows', given, where(source.rescored ?? 'true'))
  const scores = model === undefined ? undefined : await scoreTable(rows, model)
  let select = verdictSelect(lake, scored, rows, model, scores?.file)
  const relations: string[] = [rows.name]
  if (source.rescored !== undefined) {
    const kept = await SessionTable.create(session, 'kept_rows', columns, where(`(${source.rescored}) IS NOT TRUE`))
    select = `${select} UNION ALL BY NAME SELECT * FROM ${kept.name}`
    relations.push(kept.name)
  }
  const days = await countDays(session, relations, stream)
  const target = dayFilesOf(lake, stream, session, scored, rowsPerFile(options, files, rowsIn(files)))
  const adds = await writeDayFiles(target, select, days)
  return { adds, rows: await rows.count(), scored: scores?.scored ?? 0, anomalies: scores?.anomalies ?? 0 }
}

/** Rows that the model scores at once. */
const batchRows = 65_536

interface Scores {
  /** A Parquet file of one column, in the order of the table's rows; NaN for a row without a score. */
  readonly file: string
  readonly scored: number
  readonly anomalies: number
}

/** Scores the rows. The features come out of DuckDB, and the scores go back as a file it can join. */
async function scoreTable(
  rows: SessionTable,
  { card, scorer, threshold, anomalies: side }: ReadyModel,
): Promise<Scores> {
  const { session } = rows
  const scores = new Float64Array(await rows.count())
  const matrix = new FeatureMatrix(card.features, Math.min(batchRows, scores.length))
  let at = 0
  let scored = 0
  let anomalies = 0
  let whole = 0
  const flush = async () => {
    for (const score of await scorer.score(matrix.filled(), matrix.rows)) {
      const isScore = Number.isFinite(score)
      if (isScore) scored++
      if (isScore && (side === 'above' ? score > threshold : score < threshold)) anomalies++
      scores[at++] = isScore ? score : NaN
    }
    whole += matrix.wholeRows
    matrix.clear()
  }
  // Without an order the rows come as they were inserted (DuckDB's preserve_insertion_order).
  const { batches } = await session.stream(
    `SELECT ${featureColumns(card.features, new Set(rows.columns))} FROM ${rows.name}`,
  )
  for await (const batch of batches) {
    for (const row of batch) {
      matrix.add(row)
      if (matrix.rows === batchRows) await flush()
    }
  }
  await flush()
  if (scored === 0 && whole > 0) {
    throw new ModelError(
      'MODEL_MISMATCH',
      `Model ${card.name}, version ${card.version}: it scores none of ${String(whole)} rows that have all of their features with a number. Promote a version that does.`,
      { data: { model: card.name, version: card.version, rows: whole } },
    )
  }
  const file = join(session.folder, 'scores.parquet')
  const field = { name: 'score', type: 'double', nullable: false } as const
  await writeFile(file, encodeParquet([{ field, data: scores }], { codec: 'uncompressed', statistics: false }))
  return { file, scored, anomalies }
}

/** A SELECT of the scored table's columns, but for the partition column, out of the rows and their scores. */
function verdictSelect(
  lake: Lake,
  { schema }: OpenedTable,
  rows: SessionTable,
  model: ReadyModel | undefined,
  scores: string | undefined,
): string {
  const verdict: Readonly<Record<string, string>> =
    model === undefined
      ? {}
      : {
          score: 'CASE WHEN isnan(s.score) THEN NULL ELSE s.score END',
          is_anomaly: `CASE WHEN isnan(s.score) THEN NULL ELSE s.score ${model.anomalies === 'above' ? '>' : '<'} CAST('${model.threshold}' AS DOUBLE) END`,
          model_name: literal(model.card.name),
          model_version: literal(model.card.version),
          model_digest: literal(model.card.sha256),
          scored_at: `make_timestamptz(${BigInt(lake.clock.now()) * 1000n}::BIGINT)`,
        }
  const fields = schema.fields.flatMap(({ name }) => {
    if (scoredPartitionColumns.includes(name)) return []
    const value = rows.columns.includes(name) ? `r.${identifier(name)}` : (verdict[name] ?? 'NULL')
    return [`${value} AS ${identifier(name)}`]
  })
  const from =
    scores === undefined
      ? `${rows.name} AS r`
      : `${rows.name} AS r JOIN ${parquetFiles([scores], ['file_row_number = true'])} AS s ON s.file_row_number = r.rowid`
  return `SELECT ${fields.join(', ')} FROM ${from}`
}

/** How many of the rows each day has, in the order of time. */
async function countDays(
  session: DuckDbSession,
  relations: readonly string[],
  stream: Stream,
): Promise<readonly DayCount[]> {
  const all = relations.map(name => `SELECT ${identifier(stream.eventTime)} FROM ${name}`).join(' UNION ALL ')
  const { rows } = await session.query(
    `SELECT ${eventDay(stream)} AS day, count(*) AS n FROM (${all}) GROUP BY ALL ORDER BY day`,
  )
  return rows.map(row => dayCount(row['day'] as number, Number(row['n'])))
}
