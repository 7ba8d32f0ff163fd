/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A text that is not empty; undefined for anything else. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
