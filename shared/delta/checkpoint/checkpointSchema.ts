import type { WrittenCodec } from '../../parquet/index.js'
import type { DataType, StructField } from '../../types/index.js'
import type { TypedColumns } from './checkpointStats.js'

/**
 * The columns of a checkpoint, in Spark's order and with Spark's types (PROTOCOL.md, "Checkpoint Schema"): everything
 * optional, because a row has one column set.
 */
export interface CheckpointColumns {
  /** Whether `add` has the statistics' JSON. */
  readonly stats: boolean
  /** Statistics and partition values with types, where `add` has them. */
  readonly typed?: TypedColumns | undefined
  /** Whether the checkpoint names sidecars. */
  readonly v2?: boolean | undefined
}

/** What a checkpoint's file holds, and how it is compressed. */
export interface CheckpointLayout extends CheckpointColumns {
  readonly codec: WrittenCodec
}

/** Every column of a checkpoint that holds all its actions itself. */
export function checkpointFields(columns: CheckpointColumns): StructField[] {
  const own = [txnField, addField(columns), removeField, metaDataField, protocolField, domainMetadataField]
  return columns.v2 === true ? [...own, checkpointMetadataField, sidecarField] : own
}

/** The columns of a sidecar. */
export function sidecarFields(columns: CheckpointColumns): StructField[] {
  return [addField(columns), removeField]
}

function addField({ stats, typed }: CheckpointColumns): StructField {
  const typedFields = typed === undefined ? [] : [typed.partitionValues, typed.stats].filter(of => of !== undefined)
  return struct('add', [...addFields, ...(stats ? [field('stats', 'string')] : []), ...typedFields])
}

const checkpointMetadataField = struct('checkpointMetadata', [field('version', 'long'), field('tags', textMap())])

/** Of V2 checkpoints only. */
export const sidecarField = struct('sidecar', [
  field('path', 'string'),
  field('sizeInBytes', 'long'),
  field('modificationTime', 'long'),
  field('tags', textMap()),
])

function field(name: string, type: DataType): StructField {
  return { name, type, nullable: true, metadata: {} }
}

function struct(name: string, fields: readonly StructField[]): StructField {
  return field(name, { type: 'struct', fields })
}

function textMap(): DataType {
  return { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true }
}

function textArray(): DataType {
  return { type: 'array', elementType: 'string', containsNull: true }
}

const txnField = struct('txn', [field('appId', 'string'), field('version', 'long'), field('lastUpdated', 'long')])

const deletionVectorField = struct('deletionVector', [
  field('storageType', 'string'),
  field('pathOrInlineDv', 'string'),
  field('offset', 'integer'),
  field('sizeInBytes', 'integer'),
  field('cardinality', 'long'),
  field('maxRowIndex', 'long'),
])

const addFields: readonly StructField[] = [
  field('path', 'string'),
  field('partitionValues', textMap()),
  field('size', 'long'),
  field('modificationTime', 'long'),
  field('dataChange', 'boolean'),
  field('tags', textMap()),
  deletionVectorField,
  field('baseRowId', 'long'),
  field('defaultRowCommitVersion', 'long'),
  field('clusteringProvider', 'string'),
]

const removeField = struct('remove', [
  field('path', 'string'),
  field('deletionTimestamp', 'long'),
  field('dataChange', 'boolean'),
  field('extendedFileMetadata', 'boolean'),
  field('partitionValues', textMap()),
  field('size', 'long'),
  deletionVectorField,
  field('baseRowId', 'long'),
  field('defaultRowCommitVersion', 'long'),
])

const metaDataField = struct('metaData', [
  field('id', 'string'),
  field('name', 'string'),
  field('description', 'string'),
  struct('format', [field('provider', 'string'), field('options', textMap())]),
  field('schemaString', 'string'),
  field('partitionColumns', textArray()),
  field('configuration', textMap()),
  field('createdTime', 'long'),
])

const protocolField = struct('protocol', [
  field('minReaderVersion', 'integer'),
  field('minWriterVersion', 'integer'),
  field('readerFeatures', textArray()),
  field('writerFeatures', textArray()),
])

const domainMetadataField = struct('domainMetadata', [
  field('domain', 'string'),
  field('configuration', 'string'),
  field('removed', 'boolean'),
])
