import { type SourceRecord } from '../source.js'

export interface RecordPosition {
  readonly partition: number
  readonly offset: bigint
}

/** What one invocation of a trigger brought. */
export interface TriggerBatch {
  /** In the order they were handed over; partitions are mixed, the order within each is kept. */
  readonly records: readonly SourceRecord[]
  /** The records among them whose bytes the trigger may have changed: to be read again from the source before use. */
  readonly reread: readonly RecordPosition[]
}

/** The context's `triggerMetadata`. */
export type TriggerMetadata = Readonly<Record<string, unknown>>
