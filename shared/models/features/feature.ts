/** One input of the model, out of one column. */
export type Feature =
  /** The number itself. */
  | { readonly column: string; readonly kind: 'numeric' }
  /** One number per category, in their order: 1 where the text is it, else 0. None is 1 for an unknown text or null. */
  | { readonly column: string; readonly kind: 'category'; readonly categories: readonly string[] }

/** How many numbers a row has for the model. */
export function featureWidth(features: readonly Feature[]): number {
  return features.reduce((width, feature) => width + (feature.kind === 'numeric' ? 1 : feature.categories.length), 0)
}
