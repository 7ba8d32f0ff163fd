import type { PartitionOffsets, SourceRecord } from '../source.js'

/** A transaction on the logs of a memory source. */
export interface LogTransaction {
  state: 'open' | 'committed' | 'aborted'
}

interface RecordSlot {
  readonly kind: 'record'
  readonly record: SourceRecord
  readonly transaction: LogTransaction | undefined
}

type Slot = RecordSlot | { readonly kind: 'marker' } | { readonly kind: 'hole' }

interface EpochStart {
  readonly epoch: number
  readonly start: number
}

/** What a read_committed reader finds at some offsets. */
export interface LogSlice {
  readonly records: readonly SourceRecord[]
  /** Offsets without a record that it may see. */
  readonly holes: number
}

/** The log of one partition: a slot an offset, with its leader epochs, its transactions and its damaged batches. */
export class MemoryLog {
  #start = 0
  #slots: Slot[] = []
  /** In order. */
  #epochs: EpochStart[] = [{ epoch: 0, start: 0 }]
  /** Those with records here that have not ended here. */
  #open = new Set<LogTransaction>()
  #damaged = new Set<number>()

  get start(): number {
    return this.#start
  }

  get end(): number {
    return this.#slots.length
  }

  /** The last stable offset: where the first open transaction begins. */
  get stableEnd(): number {
    if (this.#open.size === 0) return this.end
    const first = this.#slots.findIndex(slot => slot.kind === 'record' && slot.transaction?.state === 'open')
    return first < 0 ? this.end : first
  }

  /** Undefined after a truncation has left no epoch. */
  get epoch(): number | undefined {
    return this.#epochs.at(-1)?.epoch
  }

  offsets(partition: number): PartitionOffsets {
    const [start, end, highWatermark] = [this.#start, this.stableEnd, this.end].map(BigInt) as [bigint, bigint, bigint]
    return { partition, start, end, highWatermark }
  }

  /** The first stable offset whose record is not older than `timestamp`, in milliseconds; the stable end for none. */
  offsetAt(timestamp: number): number {
    const end = this.stableEnd
    for (let offset = this.#start; offset < end; offset++) {
      const slot = this.#slots[offset]
      if (slot?.kind === 'record' && slot.record.timestamp >= timestamp) return offset
    }
    return end
  }

  slice(start: number, end: number): LogSlice {
    const records = this.#slots.slice(start, end).flatMap(slot => (isVisible(slot) ? [slot.record] : []))
    return { records, holes: end - start - records.length }
  }

  /** As a broker's cache of epochs has it: where the next epoch after the asked one begins. */
  epochEnd(asked: number): number | undefined {
    if (this.epoch === undefined || asked > this.epoch) return undefined
    return this.#epochs.find(({ epoch }) => epoch > asked)?.start ?? this.end
  }

  append(record: SourceRecord, transaction?: LogTransaction): void {
    this.#slots.push({ kind: 'record', record, transaction })
    if (transaction !== undefined) this.#open.add(transaction)
  }

  /** Writes the marker that ends the transaction. */
  endTransaction(transaction: LogTransaction): void {
    this.#open.delete(transaction)
    this.#slots.push({ kind: 'marker' })
  }

  /** @returns false when there is no such offset */
  compactAway(offset: number): boolean {
    if (this.#slots[offset] === undefined) return false
    this.#slots[offset] = { kind: 'hole' }
    return true
  }

  /** Never moves the start back. */
  deleteRecords(start: number): void {
    this.#start = Math.max(this.#start, start)
    this.#slots.fill({ kind: 'hole' }, 0, this.#start)
  }

  /** Drops what lies at `end` and behind it. */
  truncate(end: number): void {
    this.#slots.length = Math.min(this.#slots.length, end)
    this.#start = Math.min(this.#start, this.#slots.length)
  }

  /** Another epoch begins at the end. */
  elect(): void {
    const epoch = (this.epoch ?? -1) + 1
    while ((this.#epochs.at(-1)?.start ?? -1) >= this.end) this.#epochs.pop()
    this.#epochs.push({ epoch, start: this.end })
  }

  damage(offset: number): void {
    this.#damaged.add(offset)
  }

  /** The first damaged offset at `start` or behind it; infinity for none. */
  firstDamaged(start: number): number {
    let first = Infinity
    for (const offset of this.#damaged) if (offset >= start && offset < first) first = offset
    return first
  }

  copy(): MemoryLog {
    const copied = new MemoryLog()
    copied.#start = this.#start
    copied.#slots = [...this.#slots]
    copied.#epochs = [...this.#epochs]
    copied.#open = new Set(this.#open)
    copied.#damaged = new Set(this.#damaged)
    return copied
  }
}

function isVisible(slot: Slot): slot is RecordSlot {
  return slot.kind === 'record' && slot.transaction?.state !== 'aborted'
}
