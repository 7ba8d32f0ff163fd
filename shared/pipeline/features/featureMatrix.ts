import { type Feature, featureWidth, widthOf } from '../../models/index.js'
import { identifier, literalList } from '../../query/index.js'
import { dayMicros, type Row, type Value } from '../../types/index.js'

/**
 * The SELECT list that reads the features, one column each: `f0`, `f1`, … Of a category it is the position in the
 * feature's list, from 1. A column that is not there is null.
 *
 * @param there columns that the relation has
 */
export function featureColumns(features: readonly Feature[], there: ReadonlySet<string>): string {
  return features.map((feature, i) => `${there.has(feature.column) ? valueOf(feature) : 'NULL'} AS f${i}`).join(', ')
}

function valueOf(feature: Feature): string {
  const column = identifier(feature.column)
  switch (feature.kind) {
    case 'numeric':
      return `CAST(${column} AS DOUBLE)`
    case 'log':
      return `sign(CAST(${column} AS DOUBLE)) * ln(1 + abs(CAST(${column} AS DOUBLE)))`
    case 'hour':
      // Before 1970 too, where the remainder is negative.
      return `CAST((epoch_us(${column}) % ${dayMicros} + ${dayMicros}) % ${dayMicros} AS DOUBLE) / 3.6e9`
    case 'category':
    case 'rate':
      return `CAST(list_position(${literalList(feature.categories)}, CAST(${column} AS VARCHAR)) AS INTEGER)`
  }
}

const maxFloat = 3.4028234663852886e38

/** Rows of {@link featureColumns} as the model takes them, filled batch by batch. */
export class FeatureMatrix {
  readonly values: Float32Array
  readonly #features: readonly Feature[]
  readonly #width: number
  #rows = 0
  #wholeRows = 0

  /** @param most how many rows it can hold */
  constructor(features: readonly Feature[], most: number) {
    this.#features = features
    this.#width = featureWidth(features)
    this.values = new Float32Array(most * this.#width)
  }

  get rows(): number {
    return this.#rows
  }

  /** Rows of which every number is one. */
  get wholeRows(): number {
    return this.#wholeRows
  }

  add(row: Row): void {
    let at = this.#rows++ * this.#width
    let isWhole = true
    for (let i = 0; i < this.#features.length; i++) {
      const feature = this.#features[i] as Feature
      const value = row[`f${i}`] ?? null
      if (feature.kind === 'category') {
        if (value !== null) this.values[at + Number(value) - 1] = 1
      } else if (feature.kind === 'rate') {
        this.values[at] = value === null ? 0 : (feature.rates[Number(value) - 1] ?? 0)
      } else {
        const number = asFloat(value)
        if (Number.isNaN(number)) isWhole = false
        this.values[at] = number
      }
      at += widthOf(feature)
    }
    if (isWhole) this.#wholeRows++
  }

  /** What has been added, as one piece of memory. */
  filled(): Float32Array {
    return this.values.subarray(0, this.#rows * this.#width)
  }

  clear(): void {
    this.filled().fill(0)
    this.#rows = 0
    this.#wholeRows = 0
  }
}

/** Null is no number, so that its score is none either; what a float cannot hold is the greatest that it can. */
function asFloat(value: Value): number {
  if (typeof value !== 'number') return NaN
  return value > maxFloat ? maxFloat : value < -maxFloat ? -maxFloat : value
}
