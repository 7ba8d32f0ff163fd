const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
}

const inWords = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i
const iso = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * A length of time in milliseconds, from `10 minutes`, `1 day`, `90 s`, `250ms` or ISO 8601 (`PT15M`, `P1DT12H`).
 * Months and years have no fixed length and are refused. Null when the text is not a duration of whole milliseconds.
 *
 * @example parseDuration('10 minutes') // 600000
 */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim()
  const words = inWords.exec(trimmed)
  if (words !== null) return wholeMs(Number(words[1]) * (unitMs[words[2]?.toLowerCase() ?? ''] ?? NaN))
  const parts = iso.exec(trimmed)
  if (parts === null || !/\d/.test(trimmed) || trimmed.endsWith('T')) return null
  const part = (group: number) => Number(parts[group] ?? 0)
  const minutes = part(1) * 10_080 + part(2) * 1440 + part(3) * 60 + part(4)
  return wholeMs(minutes * 60_000 + Math.round(part(5) * 1e6) / 1000)
}

/** What `parseDuration` takes, for messages. */
export const durationForms = "'10 minutes', '1 day', '90 s' or ISO 8601 as 'PT15M'"

function wholeMs(ms: number): number | null {
  return Number.isSafeInteger(ms) ? ms : null
}
