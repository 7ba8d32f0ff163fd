/** What one feature of a model is made of: a column, and how its value becomes numbers. */
export type FeatureSpec<Column extends string = string> =
  | {
      readonly kind: 'numeric' | 'log' | 'hour'
      readonly column: Column
    }
  | {
      readonly kind: 'category' | 'rate'
      readonly column: Column
      /** Most categories that training keeps, the most frequent first. */
      readonly most: number
    }

/** A feature by the name that the model's input has for it. */
export type NamedFeature = FeatureSpec & { readonly name: string }

/** The number as it is; null is no number, and gives no score. */
export function numeric<const Column extends string>(column: Column): FeatureSpec<Column> {
  return { kind: 'numeric', column }
}

/** sign(x) · ln(1 + |x|) of a number: amounts that span powers of ten. */
export function logarithm<const Column extends string>(column: Column): FeatureSpec<Column> {
  return { kind: 'log', column }
}

/** The hour of the day of a timestamp, UTC, with its fraction: from 0 up to 24. */
export function hourOfDay<const Column extends string>(column: Column): FeatureSpec<Column> {
  return { kind: 'hour', column }
}

/**
 * One number per category of a text that training found, 1 where the row has it and 0 elsewhere; all 0 for null and what
 * training did not keep.
 *
 * @param options.most most categories, the most frequent first; 32 when absent
 */
export function category<const Column extends string>(
  column: Column,
  options: { readonly most?: number } = {},
): FeatureSpec<Column> {
  return { kind: 'category', column, most: options.most ?? 32 }
}

/**
 * The share of the training rows that have the row's text, from 0 to 1; 0 for null and what training did not keep.
 *
 * @param options.most most categories whose share is kept, the most frequent first; 1,000 when absent
 */
export function rate<const Column extends string>(
  column: Column,
  options: { readonly most?: number } = {},
): FeatureSpec<Column> {
  return { kind: 'rate', column, most: options.most ?? 1_000 }
}
