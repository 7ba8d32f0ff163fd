/**
 * The known name that is nearest to another: names in the environment that are no settings are many, so only those a slip
 * away from one are reported.
 *
 * @returns the setting that was meant, or undefined
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return undefined
  const plain = name.toUpperCase()
  let best: { readonly name: string; readonly slips: number } | undefined
  for (const other of known) {
    const slips = plain === other.toUpperCase() ? 0 : slipsBetween(plain, other.toUpperCase())
    if (plain[0] === other[0]?.toUpperCase() && slips <= maxSlips(other) && slips < (best?.slips ?? Infinity))
      best = { name: other, slips }
  }
  return best?.name ?? known.find(other => isCutShort(plain, other))
}

/** A short name is near many words of other programs. */
function maxSlips(name: string): number {
  return name.length < 12 ? 1 : 2
}

/** `KAFKA_USER` for `KAFKA_USERNAME`: the first words the same, the last cut short or left out. */
function isCutShort(name: string, other: string): boolean {
  return name.includes('_') && name.length >= 9 && other.startsWith(name) && other.length - name.length <= 8
}

/** Letters to be put in, left out, changed or swapped with the next (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let slips = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        slips = Math.min(slips, (before[j - 2] ?? 0) + 1)
      row.push(slips)
    }
    before = last
    last = row
  }
  return last[b.length] ?? Infinity
}

/** A setting that had another name before, and what is to be done where that is still set. */
export interface Renamed {
  readonly name: string
  readonly remedy: (value: string) => string
}

const sameValue = () => 'rename it'

/** Names that settings had before, with those they have now: an old name would be ignored without a word. */
const renamed: ReadonlyMap<string, Renamed> = new Map<string, Renamed>([
  ['MAX_POLL_INTERVAL_MS', { name: 'KAFKA_MAX_POLL_INTERVAL_MS', remedy: sameValue }],
  ['SILVER_MEMORY_LIMIT', { name: 'DUCKDB_MEMORY_LIMIT', remedy: sameValue }],
  [
    'MODEL_NAME',
    {
      name: 'MODEL_URI',
      remedy: value => `set that to lake:models/${value}, or leave both to what the streams declare`,
    },
  ],
])

/** What a setting is called now that had this name before, in any case; undefined for all other names. */
export function renamedTo(name: string): Renamed | undefined {
  return renamed.get(name.toUpperCase())
}
