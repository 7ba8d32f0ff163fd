import type { SourceRecord } from '../source.js'

/** Where a record of the stream's topic stands. */
export interface RecordPosition {
  readonly partition: number
  readonly offset: bigint
}

/** What one invocation of a trigger brought. */
export interface TriggerBatch {
  /** In the order they were delivered; partitions are mixed, the order within each is kept. */
  readonly records: readonly SourceRecord[]
  /** Further records, whose bytes the trigger may have changed: to be read from the source by their offsets. */
  readonly reread: readonly RecordPosition[]
}

/** The context's `triggerMetadata`. */
export type TriggerMetadata = Readonly<Record<string, unknown>>
