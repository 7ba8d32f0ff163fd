/** Longer than so long nobody is left alone, whatever it says: what waits would be lost. */
const longestMs = 3_600_000

/**
 * How long a server that answers 429 or 503 wants to be left alone, by its header `Retry-After`: seconds, or a date.
 *
 * @param now milliseconds since 1970
 * @returns milliseconds, an hour at most; 0 where it says nothing that can be understood
 * @example
 * retryAfterMs('120', Date.now()) // 120000
 */
export function retryAfterMs(header: string | undefined, now: number): number {
  const text = header?.trim() ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), longestMs)
}
