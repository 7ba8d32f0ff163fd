import type { ProducedRecord } from '../../shared/sources/index.js'
import type { MemorySource } from '../../shared/sources/memory/index.js'
import { day0, eventRecord, range } from '../pipeline/bronze/bronzeFixture.js'
import type { Random } from '../random.js'

const partitions = 3

/** Rejected until its value is mended; see {@link fix}. */
const fixable = (n: number) => ({ ...eventRecord(n), value: withText(n, '"none"') })
/** What a replay mends of values. */
export const fix = `replace(_value, '"none"', '1')`

function withText(n: number, value: string): Uint8Array {
  const text = Buffer.from(eventRecord(n).value ?? new Uint8Array()).toString()
  return Buffer.from(text.replace(/"value":"\d+"/, `"value":${value}`))
}

/** Two topics to which things happen, and what is known of them: `events` has all of the trouble, `clicks` begins before bronze. */
export class SeededTopics {
  readonly source: MemorySource
  /** Offsets that carry no record, of the topic as it is now, by partition. */
  #holes = new Map<number, Set<bigint>>()
  /** Keys by partition and offset, of the topic as it is now. */
  #keys = new Map<number, Map<bigint, string>>()
  readonly #random: Random
  #sent = 0
  #clicks = 0

  constructor(source: MemorySource, random: Random) {
    this.source = source
    this.#random = random
    source.createTopic('events', partitions)
    source.createTopic('clicks', 1)
  }

  /** A key that was sent, or will be. */
  anyKey(): string {
    return String(this.#random.below(this.#sent + 1))
  }

  holes(partition: number): readonly bigint[] {
    return [...(this.#holes.get(partition) ?? [])]
  }

  /** Offsets of the topic as it is now that hold one of those keys. */
  offsetsOf(partition: number, keys: ReadonlySet<string>): readonly bigint[] {
    return [...(this.#keys.get(partition) ?? [])].filter(([, key]) => keys.has(key)).map(([offset]) => offset)
  }

  /** Records in some number, some of them poison; a fifth in a transaction, kept or not. */
  async send(): Promise<void> {
    const random = this.#random
    if (random.below(3) === 0) this.#click()
    const partition = random.below(partitions)
    const end = (await this.logs())[partition]?.end ?? 0n
    const isPoison = random.below(8) === 0
    const numbers = range(0, 1 + random.below(12)).map(() =>
      random.below(10) === 0 && this.#sent > 0 ? random.below(this.#sent) : this.#sent++,
    )
    const records = numbers.map(n => this.#record(n, partition, isPoison))
    const isKept = this.#append(records, partition, end)
    const keys = this.#keys.get(partition) ?? new Map<bigint, string>()
    this.#keys.set(partition, keys)
    if (isKept)
      for (const [i, { value }] of records.entries()) if (hasKey(value)) keys.set(end + BigInt(i), String(numbers[i]))
  }

  /** The topic as it is; every partition has a leader again. */
  async logs() {
    for (const partition of range(0, partitions)) this.source.electLeader('events', partition)
    return this.source.offsets('events')
  }

  /** Retention takes the oldest records, read or not. */
  async retain(): Promise<void> {
    const log = this.#random.pick(await this.logs())
    const most = Number(log.end - log.start)
    this.source.deleteRecords('events', log.partition, log.start + BigInt(this.#random.below(most + 1)))
  }

  /** The broker is restarted: each partition is without a leader for some calls. */
  restart(): void {
    for (const partition of range(0, partitions)) this.source.failLeader('events', partition, 1 + this.#random.below(3))
  }

  /** Another topic of the same name: of what was not read yet nobody will know. */
  recreate(): void {
    this.source.recreateTopic('events')
    this.#holes = new Map()
    this.#keys = new Map()
  }

  #record(n: number, partition: number, isPoison: boolean): ProducedRecord {
    const random = this.#random
    const record = { ...eventRecord(n), partition }
    if (isPoison || random.below(25) === 0) return { ...record, value: Buffer.from('{"event_id":') }
    if (random.below(15) === 0) return { ...fixable(n), partition }
    return random.below(30) === 0 ? { ...record, value: null } : record
  }

  #append(records: readonly ProducedRecord[], partition: number, end: bigint): boolean {
    if (this.#random.below(5) > 0) {
      this.source.append('events', records)
      return true
    }
    const transaction = this.source.begin()
    transaction.append('events', records)
    const isKept = this.#random.below(2) === 0
    if (isKept) transaction.commit()
    else transaction.abort()
    const holes = this.#holes.get(partition) ?? new Set<bigint>()
    this.#holes.set(partition, holes)
    if (!isKept) for (let n = 0n; n < BigInt(records.length); n++) holes.add(end + n)
    holes.add(end + BigInt(records.length))
    return isKept
  }

  #click(): void {
    const numbers = range(0, 1 + this.#random.below(4)).map(() => this.#clicks++)
    const valueOf = (n: number) => JSON.stringify({ id: `c${n}`, at: new Date(day0 + n * 1000).toISOString() })
    this.source.append(
      'clicks',
      numbers.map(n => ({ key: null, value: Buffer.from(valueOf(n)), timestamp: day0 + n * 1000, partition: 0 })),
    )
  }
}

/** Whether a record says which event it is. */
const hasKey = (value: Uint8Array | null) => value !== null && Buffer.from(value).toString().endsWith('}')
