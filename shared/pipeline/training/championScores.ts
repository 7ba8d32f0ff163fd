import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import type { ModelFiles } from '../../models/index.js'
import type { Lake } from '../lake/index.js'
import { openStreamModel } from '../models/index.js'
import { evaluateScores, type Evaluation } from './evaluateScores.js'
import { featureRows, maxRows } from './featureRows.js'
import type { HeldOut } from './heldOut.js'

/** The champion on the held-out rows, or why it could not score them. */
export type ChampionEvaluation =
  | { readonly version: string; readonly evaluation: Evaluation }
  | { readonly version: string; readonly evaluation: undefined; readonly why: string }

const batchRows = 65_536

/** Scores the held-out rows with the champion, by its own features. */
export async function evaluateChampion(
  lake: Lake,
  stream: Stream,
  champion: ModelFiles,
  { table, columns, anomalies }: HeldOut,
): Promise<ChampionEvaluation> {
  const { version, features } = champion.card
  try {
    const rows = await featureRows(table.session, table.name, columns, features, maxRows(features))
    const { scorer } = await openStreamModel(lake, stream, champion)
    try {
      const scores = new Float32Array(anomalies.length).fill(NaN)
      for (let from = 0; from < rows.rows; from += batchRows) {
        const to = Math.min(rows.rows, from + batchRows)
        scores.set(await scorer.score(rows.values.slice(from * rows.width, to * rows.width), to - from), from)
      }
      // What lies below the threshold is what such a model finds.
      const found = stream.model?.anomalies === 'below' ? scores.map(score => -score) : scores
      return { version, evaluation: evaluateScores(found, anomalies) }
    } finally {
      await scorer.close()
    }
  } catch (thrown) {
    return { version, evaluation: undefined, why: asError(thrown).message }
  }
}
