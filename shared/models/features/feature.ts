/** One feature of a model as training has fitted it: a column, and how its value becomes numbers. */
export type Feature = {
  /** The column's name when absent. */
  readonly name?: string | undefined
  readonly column: string
} & (
  | {
      /**
       * `numeric`: the number itself. `log`: sign(x) · ln(1 + |x|). `hour`: the hour of the day, UTC, with its fraction.
       * NaN for null.
       */
      readonly kind: 'numeric' | 'log' | 'hour'
    }
  | {
      /** One number per category, in their order: 1 where the text is it, else 0. None is 1 for an unknown text or null. */
      readonly kind: 'category'
      readonly categories: readonly string[]
    }
  | {
      /** The share of the training rows that have the text; 0 for an unknown text or null. */
      readonly kind: 'rate'
      readonly categories: readonly string[]
      /** The categories' shares, in their order. */
      readonly rates: readonly number[]
    }
)

/** How many numbers a row has for the model. */
export function featureWidth(features: readonly Feature[]): number {
  return features.reduce((width, feature) => width + widthOf(feature), 0)
}

/** How many columns of the matrix the feature is. */
export function widthOf(feature: Feature): number {
  return feature.kind === 'category' ? feature.categories.length : 1
}

/** The names of the matrix's columns, in order: the feature's, and `<name>=<category>` for each category. */
export function featureNames(features: readonly Feature[]): readonly string[] {
  return features.flatMap(feature => {
    const name = feature.name ?? feature.column
    return feature.kind === 'category' ? feature.categories.map(category => `${name}=${category}`) : [name]
  })
}
