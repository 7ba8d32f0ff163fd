import type { AddFile } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import { recordCount } from '../stats/index.js'

/** The share of deleted rows above which a file is rewritten without them. */

/** Spark's `spark.databricks.delta.optimize.maxDeletedRowsRatio`. */
const defaultRatio = 0.05
const property = 'lake.optimize.maxDeletedRowsRatio'

/** @throws DeltaError DELTA_BAD_PROPERTY */
export function maxDeletedRowsRatio(configuration: Readonly<Record<string, string>>): number {
  const value = configuration[property]
  if (value === undefined) return defaultRatio
  const ratio = value.trim() === '' ? NaN : Number(value)
  if (ratio >= 0 && ratio <= 1) return ratio
  throw new DeltaError('DELTA_BAD_PROPERTY', `${property} is ${JSON.stringify(value)}; expected a number from 0 to 1`, {
    data: { property, value },
  })
}

/** Whether a greater share of the file's rows is deleted; false when its statistics do not give the number of rows. */
export function exceedsDeletedRows(file: Pick<AddFile, 'stats' | 'deletionVector'>, ratio: number): boolean {
  if (file.deletionVector === undefined) return false
  const records = recordCount(file)
  return records !== undefined && records > 0n && Number(file.deletionVector.cardinality) / Number(records) > ratio
}
