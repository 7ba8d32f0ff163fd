/**
 * What must hold of the tables whatever was killed, delivered twice or raced. Each function returns what is wrong, in
 * words; an empty list means that the invariant holds.
 */

/** A row's place in Kafka. */
export interface Lineage {
  readonly topic: string
  readonly generation: number
  readonly partition: number
  readonly offset: bigint
}

/** What a partition of a topic is known to hold. */
export interface PartitionSpan {
  readonly topic: string
  readonly partition: number
  readonly generation?: number
  /** First offset, inclusive. */
  readonly start: bigint
  /** One past the last. */
  readonly end: bigint
  /** Offsets in between that carry no record, or that are known to be missing. */
  readonly absent?: readonly bigint[]
}

const most = 5

/** Every offset of every span is there exactly once, and nothing else is. */
export function eachOffsetOnce(rows: readonly Lineage[], spans: readonly PartitionSpan[]): string[] {
  const seen = new Map<string, Map<bigint, number>>()
  for (const { topic, generation, partition, offset } of rows) {
    const place = `${topic}/${partition}@${generation}`
    let offsets = seen.get(place)
    if (offsets === undefined) seen.set(place, (offsets = new Map<bigint, number>()))
    offsets.set(offset, (offsets.get(offset) ?? 0) + 1)
  }
  const wrong: string[] = []
  const expected = new Set<string>()
  for (const { topic, partition, generation = 0, start, end, absent = [] } of spans) {
    const place = `${topic}/${partition}@${generation}`
    expected.add(place)
    const offsets = seen.get(place) ?? new Map<bigint, number>()
    const holes = new Set(absent)
    const lost: bigint[] = []
    for (let offset = start; offset < end; offset++) if (!holes.has(offset) && !offsets.has(offset)) lost.push(offset)
    const twice = [...offsets].filter(([, n]) => n > 1).map(([offset, n]) => `${offset} (${n} times)`)
    const stray = [...offsets.keys()].filter(offset => offset < start || offset >= end || holes.has(offset))
    if (lost.length > 0) wrong.push(`${place}: ${lost.length} offsets lost: ${some(lost)}`)
    if (twice.length > 0) wrong.push(`${place}: ${twice.length} offsets more than once: ${some(twice)}`)
    if (stray.length > 0) wrong.push(`${place}: ${stray.length} offsets that should not be: ${some(stray)}`)
  }
  for (const place of seen.keys()) if (!expected.has(place)) wrong.push(`${place}: rows of a partition nobody wrote`)
  return wrong
}

/** Every expected key is there exactly once, and no other key is. */
export function eachKeyOnce(keys: readonly string[], expected: ReadonlySet<string>): string[] {
  const count = new Map<string, number>()
  for (const key of keys) count.set(key, (count.get(key) ?? 0) + 1)
  const wrong: string[] = []
  const lost = [...expected].filter(key => !count.has(key))
  const twice = [...count].filter(([, n]) => n > 1).map(([key, n]) => `${key} (${n} times)`)
  const stray = [...count.keys()].filter(key => !expected.has(key))
  if (lost.length > 0) wrong.push(`${lost.length} keys lost: ${some(lost)}`)
  if (twice.length > 0) wrong.push(`${twice.length} keys more than once: ${some(twice)}`)
  if (stray.length > 0) wrong.push(`${stray.length} keys that should not be: ${some(stray)}`)
  return wrong
}

/** The accounting of one partition, or of several added up. */
export interface Accounts {
  readonly received: bigint
  readonly redelivered: bigint
  readonly valid: bigint
  readonly quarantined: bigint
  readonly tombstones: bigint
  /** Offsets covered. */
  readonly span: bigint
  /** Rows counted in the table, not by the writer. */
  readonly bronzeRows: bigint
  readonly missing: bigint
  readonly holes: bigint
}

/** Nothing was received that is not accounted for, and nothing covered that is not a row, missing or a hole. */
export function identityClosed(a: Accounts): string[] {
  const wrong: string[] = []
  const kept = a.redelivered + a.valid + a.quarantined + a.tombstones
  if (a.received !== kept)
    wrong.push(`received ${a.received}, but redelivered + valid + quarantined + tombstones is ${kept}`)
  const covered = a.bronzeRows + a.missing + a.holes
  if (a.span !== covered) wrong.push(`${a.span} offsets covered, but rows + missing + holes is ${covered}`)
  return wrong
}

function some(list: readonly unknown[]): string {
  return list.slice(0, most).map(String).join(', ') + (list.length > most ? ', …' : '')
}
