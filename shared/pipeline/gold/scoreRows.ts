import { scoreColumns, scoredPartitionColumns, type Stream } from '../../contract/index.js'
import type { AddFile, TableState } from '../../delta/index.js'
import { type DuckDbSession, identifier, literal, openDeltaView, parquetFiles } from '../../query/index.js'
import {
  type DayCount,
  dayCount,
  dayFilesOf,
  eventDay,
  filePieces,
  type OpenedTable,
  pieceOf,
  type RefreshOptions,
  rowsIn,
  rowsPerFile,
  SessionTable,
  writeDayFiles,
} from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import type { ReadyModel } from './champion.js'
import { scoreTable } from './scoreTable.js'
import { timeParts } from './timeParts.js'

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
  const piece = pieceOf(lake, options)
  for (const part of filePieces(byDay, piece)) {
    const perFile = rowsPerFile(options, part, rowsIn(part))
    for (const those of await timeParts(lake, stream, scoring.source, part, piece.rows)) {
      const { adds, rows, scored, anomalies } = await scorePart(lake, stream, scoring, { files: part, those }, perFile)
      total = {
        adds: [...total.adds, ...adds],
        rows: total.rows + rows,
        scored: total.scored + scored,
        anomalies: total.anomalies + anomalies,
      }
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
  { source, scored, model }: Scoring,
  { files, those }: { readonly files: readonly AddFile[]; readonly those: string },
  perFile: number,
): Promise<Scored> {
  await using session = await openSession(lake)
  const verdicts: readonly string[] = source.rescored === undefined ? [] : scoreColumns
  const fields = source.state.schema.fields.filter(f => !scoredPartitionColumns.includes(f.name))
  const columns = fields.map(f => f.name)
  const store = lake.store.within(source.path)
  using view = await openDeltaView(session, lake.files, { store, state: source.state, files, columns })
  const where = (condition: string) => `SELECT * FROM (${view.sql}) WHERE (${those}) AND (${condition})`
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
  const target = dayFilesOf(lake, stream, session, scored, perFile)
  const adds = await writeDayFiles(target, select, days)
  return { adds, rows: await rows.count(), scored: scores?.scored ?? 0, anomalies: scores?.anomalies ?? 0 }
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
