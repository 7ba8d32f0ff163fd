import {
  clusteringColumns,
  logicalPaths,
  readerFeaturesOf,
  type Snapshot,
  writerFeaturesOf,
} from '../../delta/index.js'
import { type JsonObject, quotedColumn } from '../../types/index.js'

/** The columns of `DESCRIBE DETAIL`, as Spark has them. */
export const detailColumns = [
  'format',
  'id',
  'name',
  'description',
  'location',
  'createdAt',
  'lastModified',
  'partitionColumns',
  'clusteringColumns',
  'numFiles',
  'sizeInBytes',
  'properties',
  'minReaderVersion',
  'minWriterVersion',
  'tableFeatures',
] as const

/** A table at a version, as `DESCRIBE DETAIL` says it. */
export function tableDetail(snapshot: Snapshot, location: string): JsonObject {
  const { protocol, metadata, schema, numFiles, sizeInBytes, timestamp } = snapshot
  const { id, name, description, format, createdTime, partitionColumns, configuration } = metadata
  return {
    format: format.provider === 'parquet' ? 'delta' : format.provider,
    id,
    name: name ?? null,
    description: description ?? null,
    location,
    createdAt: createdTime === undefined ? null : new Date(createdTime).toISOString(),
    lastModified: new Date(timestamp).toISOString(),
    partitionColumns,
    clusteringColumns: logicalPaths(schema, clusteringColumns(snapshot) ?? []).map(quotedColumn),
    numFiles,
    sizeInBytes,
    properties: configuration,
    minReaderVersion: protocol.minReaderVersion,
    minWriterVersion: protocol.minWriterVersion,
    tableFeatures: [...new Set([...readerFeaturesOf(protocol), ...writerFeaturesOf(protocol)])].sort(),
  }
}
