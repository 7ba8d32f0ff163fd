import type { Stream } from '../../contract/index.js'
import { type Feature, featureNames, featureWidth, widthOf } from '../../models/index.js'
import { columnOf, type FeatureRows, maxRows } from './featureRows.js'

/** Fewer rows than that say too little of what is usual. */
export const fewestRows = 1_000

/**
 * Why a sample of so many rows is too small; undefined when it is not.
 * @param heldOutEvery one row in so many is not trained on
 * @param name of the option or setting that says how many rows are drawn
 */
export function sampleFault(rows: number, heldOutEvery: number, name: string): string | undefined {
  const trained = rows - Math.ceil(rows / heldOutEvery)
  if (trained >= fewestRows) return undefined
  const least = Math.ceil((fewestRows * heldOutEvery) / (heldOutEvery - 1))
  return `${name} ${count(rows)} leaves ${count(trained)} rows to train on, because one in ${heldOutEvery} is held out, and at least ${count(fewestRows)} are needed. Draw ${count(least)} or more.`
}

/** Columns that a forest can tell apart: more would leave too few rows in memory, too. */
const widestRow = 50_000

/** Why so many columns cannot be trained on; undefined when they can. */
export function widthFault(stream: Stream, features: readonly Feature[]): string | undefined {
  const width = featureWidth(features)
  if (width <= widestRow && maxRows(features) >= fewestRows) return undefined
  const widest = features.reduce((a, b) => (widthOf(b) > widthOf(a) ? b : a))
  return `the features of ${stream.name} make ${count(width)} columns, most of them ${widest.name ?? widest.column}, and a forest takes ${count(widestRow)}. Keep fewer categories (most).`
}

/** Why nothing can be trained on the rows, in a sentence with the remedy; undefined when something can. */
export function trainingFault(
  stream: Stream,
  features: readonly Feature[],
  drawn: FeatureRows,
  whole: FeatureRows,
): string | undefined {
  const names = featureNames(features)
  let at = 0
  for (const feature of features) {
    const name = feature.name ?? feature.column
    const width = widthOf(feature)
    const columns = Array.from({ length: width }, (_, i) => columnOf(drawn, at + i))
    at += width
    if (drawn.rows > 0 && (width === 0 || columns.some(values => values.every(Number.isNaN))))
      return `the feature ${name} has no value in any of ${count(drawn.rows)} rows of silver: its column ${feature.column} is null. Leave it out of the model's features of ${stream.name}, or train on rows that have it (--since).`
  }
  if (whole.rows < fewestRows) {
    const nulls = drawn.rows - whole.rows
    const without = nulls === 0 ? '' : `, ${count(nulls)} more have a null in a feature`
    return `silver of ${stream.name} has ${count(whole.rows)} rows to train on${without}, and at least ${count(fewestRows)} are needed. Train again when there are more, or take in older ones (--since).`
  }
  const constant = names.findIndex((_, column) => isConstant(whole, column))
  if (constant < 0) return undefined
  const value = String(whole.values[constant])
  return `the feature ${names[constant] ?? ''} is ${value} in all of ${count(whole.rows)} rows, so that nothing unusual of it could be known. Leave it out of the model's features of ${stream.name}, or train on rows in which it differs (--since, --rows).`
}

function isConstant({ values, width, rows }: FeatureRows, column: number): boolean {
  for (let row = 1; row < rows; row++) if (values[row * width + column] !== values[column]) return false
  return true
}

const count = (n: number) => n.toLocaleString('en-US')
