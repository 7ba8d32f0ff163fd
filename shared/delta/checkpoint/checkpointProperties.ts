import { compressionCodec, type TableState } from '../protocol/index.js'
import type { CheckpointLayout } from './checkpointSchema.js'
import { typedColumns } from './checkpointStats.js'

/** How a table wants its checkpoints, by its properties. */
export interface CheckpointPolicy {
  readonly kind: 'classic' | 'v2'
  /** Whether the table may have V2 checkpoints. */
  readonly supportsV2: boolean
  readonly columns: CheckpointLayout
}

/**
 * `delta.checkpointPolicy`, `delta.checkpoint.writeStatsAsJson` and `delta.checkpoint.writeStatsAsStruct`. JSON is on
 * and the struct is off by default, as the protocol defines; the struct doubles a checkpoint's size, and no reader may
 * depend on it. But where JSON is turned off and the struct's property is not set, the struct is written, as Spark
 * does: otherwise the statistics would be lost for good.
 */
export function checkpointPolicy({ protocol, metadata, schema }: TableState): CheckpointPolicy {
  const { configuration, partitionColumns } = metadata
  const property = (name: string) => configuration[`delta.${name}`]?.toLowerCase()
  const stats = property('checkpoint.writeStatsAsJson') !== 'false'
  const struct = property('checkpoint.writeStatsAsStruct') ?? String(!stats)
  const supports = (name: string) =>
    protocol.readerFeatures?.includes(name) === true && protocol.writerFeatures?.includes(name) === true
  const typed =
    struct === 'true'
      ? typedColumns({ schema, partitionColumns, configuration }, supports('deletionVectors'))
      : undefined
  const supportsV2 = supports('v2Checkpoint')
  return {
    kind: property('checkpointPolicy') === 'v2' && supportsV2 ? 'v2' : 'classic',
    supportsV2,
    columns: { stats, typed, codec: compressionCodec(configuration) },
  }
}
