import type { Stream } from '../../contract/index.js'
import { type Feature, featureWidth, type ModelCard } from '../../models/index.js'
import { identifier, literalList } from '../../query/index.js'
import type { DataType, Row, Value } from '../../types/index.js'
import { PipelineError } from '../lake/index.js'

/** The inputs of a model, out of a stream's columns. */

/**
 * Checks a model's features against the contract.
 * @throws PipelineError MODEL_MISMATCH naming the feature, the column's type and the type the model needs
 */
export function requireFeatures(card: ModelCard, stream: Stream): void {
  for (const { column, kind } of card.features) {
    const type = stream.columns.find(c => c.name === column)?.type
    const wanted = kind === 'numeric' ? 'a number' : 'a string'
    if (type !== undefined && (kind === 'numeric' ? isNumber(type) : type === 'string')) continue
    const found = type === undefined ? 'has no such column' : `has it as ${typeof type === 'string' ? type : type.type}`
    throw new PipelineError(
      'MODEL_MISMATCH',
      `Model ${card.name}, version ${card.version}, needs the column ${column} as ${wanted}, and the contract of ${stream.name} ${found}. ` +
        `Train the model on the contract as it is, or point its champion.json to a version that fits.`,
      { data: { model: card.name, version: card.version, stream: stream.name, column } },
    )
  }
}

function isNumber(type: DataType): boolean {
  return typeof type === 'string'
    ? ['byte', 'short', 'integer', 'long', 'float', 'double'].includes(type)
    : type.type === 'decimal'
}

/** The SELECT list that reads the features, one column each: `f0`, `f1`, … A column that is not there is null. */
export function featureColumns(features: readonly Feature[], there: ReadonlySet<string>): string {
  return features
    .map((feature, i) => {
      const column = there.has(feature.column) ? identifier(feature.column) : 'NULL'
      const value =
        feature.kind === 'numeric'
          ? `CAST(${column} AS DOUBLE)`
          : `CAST(list_position(${literalList(feature.categories)}, CAST(${column} AS VARCHAR)) AS INTEGER)`
      return `${value} AS f${i}`
    })
    .join(', ')
}

const greatestFloat = 3.4028234663852886e38

/** Rows of {@link featureColumns} as the model takes them, filled batch by batch. */
export class FeatureMatrix {
  readonly values: Float32Array
  readonly #features: readonly Feature[]
  readonly #width: number
  #rows = 0

  /** @param most how many rows it can hold */
  constructor(features: readonly Feature[], most: number) {
    this.#features = features
    this.#width = featureWidth(features)
    this.values = new Float32Array(most * this.#width)
  }

  get rows(): number {
    return this.#rows
  }

  add(row: Row): void {
    let at = this.#rows++ * this.#width
    for (let i = 0; i < this.#features.length; i++) {
      const feature = this.#features[i] as Feature
      const value = row[`f${i}`] ?? null
      if (feature.kind === 'numeric') this.values[at++] = asFloat(value)
      else {
        if (value !== null) this.values[at + Number(value) - 1] = 1
        at += feature.categories.length
      }
    }
  }

  /** What has been added, as one piece of memory. */
  filled(): Float32Array {
    return this.values.subarray(0, this.#rows * this.#width)
  }

  clear(): void {
    this.filled().fill(0)
    this.#rows = 0
  }
}

/** Null is no number, so that its score is none either; what a float cannot hold is the greatest that it can. */
function asFloat(value: Value): number {
  if (typeof value !== 'number') return NaN
  return value > greatestFloat ? greatestFloat : value < -greatestFloat ? -greatestFloat : value
}
