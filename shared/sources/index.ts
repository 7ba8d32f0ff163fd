/** Where records come from: one seam of offset ranges, and what stands behind it. */
export type { FieldKind, SchemaField, SchemaValue } from './formats/index.js'
export { openSource, type SourceConnection, sourceConnection } from './openSource.js'
export { recordBytes } from './recordBytes.js'
export { type RegistryConnection, registryConnection } from './registryConnection.js'
export {
  type Header,
  type Identified,
  maxPartBytes,
  type OffsetRange,
  type OversizedPart,
  type PackedRecords,
  type PartitionIdentity,
  type PartitionOffsets,
  type ProducedRecord,
  type ReadOptions,
  type RecordDefect,
  type Source,
  type SourceBatch,
  type SourceRecord,
  type TopicSurvey,
} from './source.js'
export { partitionMissing, SourceError } from './sourceError.js'
export { ValueFormats, valuesOf } from './valueFormats.js'
