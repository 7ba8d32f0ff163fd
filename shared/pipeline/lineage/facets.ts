import type { DataType, StructField, StructType } from '../../types/index.js'
import type { ColumnSource, ColumnSources } from './columnSources.js'
import type { DatasetName } from './datasets.js'

/** Who says all this: a URI, as OpenLineage asks for one. */
export const producer = 'urn:kafka-delta-functions:lineage'

const specification = 'https://openlineage.io/spec'

/** The schema of a run event. */
export const runEventSchema = `${specification}/2-0-2/OpenLineage.json#/$defs/RunEvent`

/** Longest text of a message, in characters. */
const longestText = 4096

const facet = (schema: string, content: object) => {
  const [, name = ''] = schema.split('/')
  return { _producer: producer, _schemaURL: `${specification}/facets/${schema}.json#/$defs/${name}`, ...content }
}

/** What kind of job a step is. */
export const jobTypeFacet = (processingType: 'STREAMING' | 'BATCH') =>
  facet('2-0-4/JobTypeJobFacet', { processingType, integration: 'KAFKA_DELTA_FUNCTIONS', jobType: 'JOB' })

/** Why a run failed; nothing secret may be in it. */
export const errorFacet = (message: string) =>
  facet('1-0-1/ErrorMessageRunFacet', {
    message: message.slice(0, longestText).toWellFormed(),
    programmingLanguage: 'TypeScript',
  })

/** A table's columns, those of structs inside them. */
export const schemaFacet = (schema: StructType) =>
  facet('1-2-0/SchemaDatasetFacet', { fields: schema.fields.map(schemaField) })

/** The version of a Delta table. */
export const versionFacet = (version: number) =>
  facet('1-0-1/DatasetVersionDatasetFacet', { datasetVersion: String(version) })

/** That a dataset is a Delta table. */
export const storageFacet = () => facet('1-0-1/StorageDatasetFacet', { storageLayer: 'delta', fileFormat: 'parquet' })

/** Rows that were read. */
export const qualityFacet = (rowCount: number) =>
  facet('1-0-3/DataQualityMetricsInputDatasetFacet', { rowCount, columnMetrics: {} })

/** Rows that were written. */
export const outputFacet = (rowCount: number) => facet('1-0-2/OutputStatisticsOutputDatasetFacet', { rowCount })

/** What a table's columns come of in another dataset, and what decides which rows it has. */
export function columnLineageFacet({ namespace, name }: DatasetName, { fields, rows }: ColumnSources) {
  const input = ({ field, ...transformation }: ColumnSource) => ({
    namespace,
    name,
    field,
    transformations: [{ ...transformation, masking: false }],
  })
  const named = Object.entries(fields).map(([column, sources]) => [column, { inputFields: sources.map(input) }])
  return facet('1-2-0/ColumnLineageDatasetFacet', {
    fields: Object.fromEntries(named) as object,
    dataset: rows.map(input),
  })
}

function schemaField({ name, type, metadata }: StructField): object {
  const comment = metadata?.['comment']
  const about = typeof comment === 'string' ? { description: comment } : {}
  return { name, type: typeName(type), ...about, ...nested(type) }
}

function nested(type: DataType): object {
  return typeof type !== 'string' && type.type === 'struct' ? { fields: type.fields.map(schemaField) } : {}
}

function typeName(type: DataType): string {
  if (typeof type === 'string') return type
  return type.type === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.type
}
