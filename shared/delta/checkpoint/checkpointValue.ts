import type { Column, MapEntry, Row, StructField, Value } from '../../types/index.js'
import type { Action, AddFile, DeletionVector, Metadata, Protocol, RemoveFile } from '../actions/index.js'
import type { TypedColumns } from './checkpointStats.js'

/**
 * Actions as the rows of a Parquet checkpoint.
 *
 * @param fields the columns, from `checkpointFields`
 * @param typed what makes the columns with types, where `fields` has them
 */
export function checkpointColumns(
  actions: readonly Action[],
  fields: readonly StructField[],
  typed?: TypedColumns,
): Column[] {
  return fields.map(field => ({ field, data: actions.map(action => valueIn(field.name, action, typed)) }))
}

/** What `action` has in the column `name`: null unless the column is its kind. */
function valueIn(name: string, action: Action, typed: TypedColumns | undefined): Value {
  if ('add' in action) return name === 'add' ? addRow(action.add, typed) : null
  if ('remove' in action) return name === 'remove' ? removeRow(action.remove) : null
  if ('txn' in action) {
    if (name !== 'txn') return null
    const { appId, version, lastUpdated } = action.txn
    return { appId, version, lastUpdated: long(lastUpdated) }
  }
  if ('metaData' in action) return name === 'metaData' ? metadataRow(action.metaData) : null
  if ('protocol' in action) return name === 'protocol' ? protocolRow(action.protocol) : null
  if ('domainMetadata' in action) return name === 'domainMetadata' ? { ...action.domainMetadata } : null
  if ('checkpointMetadata' in action) {
    const { version, tags } = action.checkpointMetadata
    return name === 'checkpointMetadata' ? { version: BigInt(version), tags: textMap(tags) } : null
  }
  if ('sidecar' in action) {
    const { path, sizeInBytes, modificationTime, tags } = action.sidecar
    return name === 'sidecar'
      ? { path, sizeInBytes: BigInt(sizeInBytes), modificationTime: BigInt(modificationTime), tags: textMap(tags) }
      : null
  }
  return null
}

function addRow(add: AddFile, typed: TypedColumns | undefined): Row {
  return {
    path: add.path,
    partitionValues: textMap(add.partitionValues),
    size: BigInt(add.size),
    modificationTime: BigInt(add.modificationTime),
    // In a checkpoint nothing changes: readers of the table's changes read its commits.
    dataChange: false,
    tags: textMap(add.tags),
    deletionVector: deletionVectorRow(add.deletionVector),
    baseRowId: add.baseRowId ?? null,
    defaultRowCommitVersion: add.defaultRowCommitVersion ?? null,
    clusteringProvider: add.clusteringProvider ?? null,
    stats: add.stats ?? null,
    ...typed?.values(add),
  }
}

/** Without statistics and tags, which no reader uses of a removed file. */
function removeRow(remove: RemoveFile): Row {
  return {
    path: remove.path,
    deletionTimestamp: long(remove.deletionTimestamp),
    dataChange: false,
    extendedFileMetadata: remove.extendedFileMetadata ?? null,
    partitionValues: textMap(remove.partitionValues),
    size: long(remove.size),
    deletionVector: deletionVectorRow(remove.deletionVector),
    baseRowId: remove.baseRowId ?? null,
    defaultRowCommitVersion: remove.defaultRowCommitVersion ?? null,
  }
}

function deletionVectorRow(vector: DeletionVector | undefined): Row | null {
  if (vector === undefined) return null
  const { storageType, pathOrInlineDv, offset, sizeInBytes, cardinality } = vector
  return { storageType, pathOrInlineDv, offset: offset ?? null, sizeInBytes, cardinality, maxRowIndex: null }
}

function metadataRow(metadata: Metadata): Row {
  return {
    id: metadata.id,
    name: metadata.name ?? null,
    description: metadata.description ?? null,
    format: { provider: metadata.format.provider, options: textMap(metadata.format.options) },
    schemaString: metadata.schemaString,
    partitionColumns: metadata.partitionColumns,
    configuration: textMap(metadata.configuration),
    createdTime: long(metadata.createdTime),
  }
}

function protocolRow(protocol: Protocol): Row {
  return {
    minReaderVersion: protocol.minReaderVersion,
    minWriterVersion: protocol.minWriterVersion,
    readerFeatures: protocol.readerFeatures ?? null,
    writerFeatures: protocol.writerFeatures ?? null,
  }
}

function long(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value)
}

function textMap(map: Readonly<Record<string, string | null>> | undefined): readonly MapEntry[] | null {
  return map === undefined ? null : Object.entries(map).map(([key, value]) => ({ key, value }))
}
