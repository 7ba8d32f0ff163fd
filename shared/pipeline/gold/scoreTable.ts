import { open } from 'node:fs/promises'
import { join } from 'node:path'

import { ModelError } from '../../models/index.js'
import { ParquetWriter } from '../../parquet/index.js'
import type { StructField } from '../../types/index.js'
import { featureColumns, FeatureMatrix } from '../features/index.js'
import type { SessionTable } from '../incremental/index.js'
import type { ReadyModel } from './champion.js'

/** Rows that the model scores at once. */
const batchRows = 65_536

/** The scores of a table's rows. */
export interface Scores {
  /** A Parquet file of one column, in the order of the table's rows; NaN for a row without a score. */
  readonly file: string
  readonly scored: number
  readonly anomalies: number
}

const field: StructField = { name: 'score', type: 'double', nullable: false }

/**
 * Scores the rows. The features come out of DuckDB, and the scores go back as a file it can join; held is one batch of
 * both.
 *
 * @throws ModelError MODEL_MISMATCH when the model scores none of the rows that have all of their features
 */
export async function scoreTable(
  rows: SessionTable,
  { card, scorer, threshold, anomalies: side }: ReadyModel,
): Promise<Scores> {
  const { session } = rows
  const matrix = new FeatureMatrix(card.features, Math.min(batchRows, await rows.count()))
  let scored = 0
  let anomalies = 0
  let whole = 0
  const file = join(session.folder, 'scores.parquet')
  const handle = await open(file, 'w')
  try {
    const writer = new ParquetWriter({ write: bytes => handle.writeFile(bytes) }, [field], {
      codec: 'uncompressed',
      statistics: false,
    })
    const flush = async () => {
      const data = new Float64Array(matrix.rows)
      for (const [i, score] of (await scorer.score(matrix.filled(), matrix.rows)).entries()) {
        const isScore = Number.isFinite(score)
        if (isScore) scored++
        if (isScore && (side === 'above' ? score > threshold : score < threshold)) anomalies++
        data[i] = isScore ? score : NaN
      }
      await writer.appendRowGroup([{ field, data }])
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
    if (matrix.rows > 0) await flush()
    await writer.finish()
  } finally {
    await handle.close()
  }
  if (scored === 0 && whole > 0) {
    throw new ModelError(
      'MODEL_MISMATCH',
      `Model ${card.name}, version ${card.version}: it scores none of ${String(whole)} rows that have all of their features with a number. Promote a version that does.`,
      { data: { model: card.name, version: card.version, rows: whole } },
    )
  }
  return { file, scored, anomalies }
}
