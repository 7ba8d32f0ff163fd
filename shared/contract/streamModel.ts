import type { DataType, StructField } from '../types/index.js'
import type { FeatureSpec, NamedFeature } from './featureSpec.js'
import { modelUriForms, parseModelUri } from './modelUri.js'

/** The model of a stream, as it is declared. */
export interface ModelDeclaration<Column extends string = string> {
  /** Where the champion comes from, in one of `modelUriForms`; `{stream}` is the stream's name. */
  readonly uri: string
  /** What the model takes, by name, in the order of its input's columns. */
  readonly features: Readonly<Record<string, FeatureSpec<Column>>>
  /** A score beyond it is an anomaly; what the model's own description says, else 0.5, when absent. */
  readonly threshold?: number
  /** The output that has the scores, of a model that gives several. */
  readonly output?: string
  /** On which side of the threshold anomalies are; `above` when absent. */
  readonly anomalies?: 'above' | 'below'
}

/** The model of a stream, checked. */
export interface StreamModel {
  readonly uri: string
  /** In the order of the input's columns. */
  readonly features: readonly NamedFeature[]
  readonly threshold: number | undefined
  readonly output: string | undefined
  readonly anomalies: 'above' | 'below'
}

/** The types a feature's column can have, in words. */
export const featureColumnWords = {
  numeric: 'a number',
  log: 'a number',
  hour: 'a timestamp',
  category: 'a string',
  rate: 'a string',
} as const satisfies Record<FeatureSpec['kind'], string>

/** Whether a feature of that kind can be made of a column of that type. */
export function takesType(kind: FeatureSpec['kind'], type: DataType): boolean {
  switch (featureColumnWords[kind]) {
    case 'a number':
      return typeof type === 'string' ? numberTypes.has(type) : type.type === 'decimal'
    case 'a timestamp':
      return type === 'timestamp' || type === 'timestamp_ntz'
    case 'a string':
      return type === 'string'
  }
}

const numberTypes: ReadonlySet<string> = new Set(['byte', 'short', 'integer', 'long', 'float', 'double'])

/** Most categories of one feature: as many columns of the model's input. */
const maxCategories = 10_000

/**
 * Checks what is declared of a stream's model.
 *
 * @param refuse throws with the reason
 */
export function streamModelOf(
  stream: string,
  columns: readonly StructField[],
  declaration: ModelDeclaration,
  refuse: (why: string) => never,
): StreamModel {
  const { threshold, output, anomalies = 'above' } = declaration
  const uri = declaration.uri.replaceAll('{stream}', stream)
  if (parseModelUri(uri) === undefined)
    refuse(`model.uri ${JSON.stringify(declaration.uri)} is none of ${modelUriForms}`)
  if (threshold !== undefined && !Number.isFinite(threshold)) refuse('model.threshold must be a number')
  const features = Object.entries(declaration.features).map(([name, spec]) => ({ name, ...spec }))
  if (features.length === 0) refuse('model.features is empty, and a model needs one at least')
  for (const feature of features) {
    const why = featureFault(feature, columns)
    if (why !== undefined) refuse(`model.features.${feature.name} ${why}`)
  }
  return { uri, features, threshold, output, anomalies }
}

function featureFault(feature: NamedFeature, columns: readonly StructField[]): string | undefined {
  const { name, kind, column } = feature
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'must be named by letters, digits and underscores'
  if (name === 'score') return 'must have another name: in the drift table it is that of the scores'
  const type = columns.find(field => field.name === column)?.type
  if (type === undefined) return `is made of ${JSON.stringify(column)}, which the schema does not have`
  if (!takesType(kind, type))
    return `needs ${JSON.stringify(column)} as ${featureColumnWords[kind]}, and it is ${typeof type === 'string' ? type : type.type}`
  if ((kind === 'category' || kind === 'rate') && !isCount(feature.most))
    return `must keep from 1 to ${String(maxCategories)} categories`
  return undefined
}

function isCount(most: number): boolean {
  return Number.isInteger(most) && most >= 1 && most <= maxCategories
}
