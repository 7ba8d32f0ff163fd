import type { ManualClock } from '../../../shared/clock.js'
import type { SourceRecord } from '../../../shared/sources/index.js'
import type { MemorySource } from '../../../shared/sources/memory/index.js'
import type { CostLoad } from './costLoads.js'

/** Events of now in a topic in memory, which keeps no more than it must. */
export class DeliveredTopic {
  sent = 0
  bytes = 0
  readonly #source: MemorySource
  readonly #clock: ManualClock
  readonly #name: string
  readonly #record: CostLoad['record']

  constructor(source: MemorySource, clock: ManualClock, { stream, record }: CostLoad) {
    this.#source = source
    this.#clock = clock
    this.#name = stream.topic
    this.#record = record
  }

  deliver(count: number): readonly SourceRecord[] {
    const records: SourceRecord[] = []
    const next = this.#source.partitions(this.#name).map(({ end }) => BigInt(end))
    for (let i = 0; i < count; i++) {
      const record = this.#record(this.sent++, this.#clock.now())
      this.#source.append(this.#name, [record])
      const partition = this.#source.partitionOf(this.#name, record)
      const offset = next[partition] ?? 0n
      next[partition] = offset + 1n
      this.bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
      const { key, value, timestamp = 0 } = record
      records.push({ topic: this.#name, partition, offset, timestamp, key, value, headers: [] })
    }
    return records
  }

  /** What was delivered is covered; the last record of a partition stays, by which the topic is known. */
  forget(): void {
    for (const [partition, { end }] of this.#source.partitions(this.#name).entries())
      this.#source.deleteRecords(this.#name, partition, BigInt(Math.max(0, end - 1)))
  }
}
