import { scoredPath, scoredTable, silverPath, type Stream } from '../../contract/index.js'
import type { AddFile, TableState } from '../../delta/index.js'
import {
  type AllRows,
  type Derivation,
  eventDate,
  isBefore,
  liveRows,
  lostRowsOf,
  pieceOf,
  rebuildStep,
  type RefreshOptions,
  refreshStep,
} from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { StepReport } from '../step/index.js'
import { type ReadyModel, withChampion } from './champion.js'
import { type Scored, scoreFiles, type Scoring } from './scoreRows.js'

/**
 * One run of scoring: takes the rows that silver has gained since the last one, up to a bound, and commits them with
 * their scores and the cursor. Rows removed from silver make it score all of silver again.
 * Never throws: what goes wrong is in the report.
 */
export function scoreSilver(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'gold', stream, path: scoredPath(stream), trigger: options.trigger } as const
  return refreshStep(lake, about, () => scoredDerivation(lake, stream, options))
}

/** Scores all of silver again with the current model, and swaps it in by one commit. */
export function rebuildScored(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'gold', stream, path: scoredPath(stream), trigger: options.trigger } as const
  return rebuildStep(lake, about, () => scoredDerivation(lake, stream, options))
}

function scoredDerivation(lake: Lake, stream: Stream, options: RefreshOptions): Derivation {
  const spec = scoredTable(stream)
  const path = silverPath(stream)
  const score = async (
    tables: Omit<Scoring, 'model'>,
    source: { readonly version: number },
    files: readonly AddFile[],
  ) =>
    withChampion(lake, stream, async model =>
      rowsOf(model, await scoreFiles(lake, stream, options, { ...tables, model }, files), source.version),
    )
  return {
    source: { path, madeBy: 'lake run silver' },
    target: {
      spec,
      carriesColumns: true,
      layer: 'gold',
      rebuiltBy: 'lake rebuild gold',
      retention: { dayColumn: eventDate, retainMs: stream.retention.scored },
      ofKept: async ({ source: silver, target: { table, state } }, kept) => ({
        lostBefore: lostRowsOf(silver, 'expired') + lostRowsOf(silver, 'erased') - (await liveRows(table, state, kept)),
      }),
    },
    piece: pieceOf(lake, options),
    detail: { table: spec.path },
    apply: ({ source: state, target, files, firstDay, next }) =>
      kept(state, files, firstDay, some => score({ source: { path, state }, scored: target }, next, some)),
    rebuild: ({ source: state, target, firstDay }) =>
      kept(state, state.files, firstDay, some => score({ source: { path, state }, scored: target }, state, some)),
  }

  /** Makes rows of those files whose days are not over, and counts the rows of the others. */
  async function kept(
    state: TableState,
    files: readonly AddFile[],
    firstDay: number | undefined,
    make: (files: readonly AddFile[]) => Promise<AllRows>,
  ): Promise<AllRows> {
    const isOver = (file: AddFile) => isBefore(file, eventDate, firstDay)
    const expired = await liveRows(lake.table(path), state, files.filter(isOver))
    const made = await make(files.filter(file => !isOver(file)))
    return { ...made, info: { ...made.info, expired }, detail: { ...made.detail, expired } }
  }
}

function rowsOf(model: ReadyModel | undefined, found: Scored, silverVersion: number): AllRows {
  const { adds, rows, scored, anomalies } = found
  const { info, detail } = modelFacts(model, found)
  return {
    adds,
    rows,
    rowsRead: rows,
    info: { ...info, rows, scored, anomalies },
    detail: { ...detail, silverVersion },
  }
}

/** What a commit records, and a report says, of the model and of what it found. */
export function modelFacts(model: ReadyModel | undefined, { adds, scored, anomalies }: Scored) {
  const card = model?.card
  return {
    info: { model: card?.name ?? null, model_version: card?.version ?? null, model_digest: card?.sha256 ?? null },
    detail: {
      model: card?.name ?? 'none',
      ...(card === undefined ? {} : { modelVersion: card.version }),
      scored,
      anomalies,
      files: adds.length,
    },
  }
}
