import type { Matrix } from '../../models/forest/index.js'
import { type Feature, featureWidth } from '../../models/index.js'
import type { DuckDbSession } from '../../query/index.js'
import { featureColumns, FeatureMatrix } from '../features/index.js'

/** Rows as a model takes them. */
export interface FeatureRows extends Matrix {
  readonly rows: number
}

/** Bytes of the largest matrix: wide features leave fewer rows. */
const largestMatrix = 256 * 2 ** 20

/** Most rows of a matrix of the features. */
export function maxRows(features: readonly Feature[]): number {
  return Math.floor(largestMatrix / (4 * Math.max(1, featureWidth(features))))
}

/**
 * Computes the features of the rows of a relation, in its order, with the SQL that gold computes them with.
 *
 * @param columns that the relation has
 * @param most rows
 */
export async function featureRows(
  session: DuckDbSession,
  relation: string,
  columns: readonly string[],
  features: readonly Feature[],
  most: number,
): Promise<FeatureRows> {
  const { n } = await session.row(`SELECT least(count(*), ${most}) AS n FROM ${relation}`)
  const matrix = new FeatureMatrix(features, Number(n))
  const { batches } = await session.stream(
    `SELECT ${featureColumns(features, new Set(columns))} FROM ${relation} LIMIT ${most}`,
  )
  for await (const batch of batches) for (const row of batch) matrix.add(row)
  return { values: matrix.filled(), width: featureWidth(features), rows: matrix.rows }
}

/** The rows of a matrix in which every number is one. */
export function wholeRows({ values, width, rows }: FeatureRows): FeatureRows {
  const whole = new Float32Array(values.length)
  let kept = 0
  for (let row = 0; row < rows; row++) {
    const numbers = values.subarray(row * width, (row + 1) * width)
    if (numbers.some(Number.isNaN)) continue
    whole.set(numbers, kept++ * width)
  }
  return { values: whole.subarray(0, kept * width), width, rows: kept }
}

/** One column of a matrix, as an array of its own. */
export function columnOf({ values, width, rows }: FeatureRows, column: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) => values[row * width + column] as number)
}
