/** From the first event to the last, milliseconds since 1970-01-01 UTC. */
export interface EventSpan {
  readonly first: number
  readonly last: number
}

const hourMs = 3_600_000

/**
 * The hours of day (UTC) that events of a span shorter than a day are from, as a person says it: `hours 13–14`,
 * `hours 23–0`. `undefined` when the span comes by all 24: hours without events are a habit then, and not unknown.
 */
export function hoursOfPartOfDay({ first, last }: EventSpan): string | undefined {
  const [from, to] = [Math.floor(first / hourMs), Math.floor(last / hourMs)]
  if (to - from >= 23) return undefined
  const hour = (n: number) => String(((n % 24) + 24) % 24)
  return from === to ? `hour ${hour(from)}` : `hours ${hour(from)}–${hour(to)}`
}
