import {
  columnKey,
  fieldNamed,
  isJsonArray,
  isJsonObject,
  isStruct,
  type Json,
  type StructField,
  type StructType,
} from '../../types/index.js'
import { type Action, parseLogJson } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import type { TableState } from '../protocol/index.js'
import { isMapped, physicalNameOf, storedName, typeText } from '../schema/index.js'
import { planStats, type StatsShape } from '../stats/index.js'

/** The columns that a table is clustered by, as its clustering feature records them. */

/** The metadata domain that keeps the clustering columns, under their physical names. */
export const clusteringDomain = 'delta.clustering'
/** The clustering provider of a table with the clustering feature, by the name that all engines use. */
export const clusteringProvider = 'liquid'

/**
 * The columns that the table's own clustering feature names, as paths of physical names; `undefined` for a table
 * without the feature, none for one whose clustering was turned off.
 */
export function clusteringColumns({
  protocol,
  domains,
}: Pick<TableState, 'protocol' | 'domains'>): string[][] | undefined {
  if (protocol.writerFeatures?.includes('clustering') !== true) return undefined
  const domain = domains.get(clusteringDomain)
  if (domain === undefined) return []
  const json = parseLogJson(domain.configuration)
  const columns = isJsonObject(json) ? json['clusteringColumns'] : undefined
  return isJsonArray(columns) ? columns.map(pathOf).filter(path => path.length > 0) : []
}

function pathOf(json: Json): string[] {
  return isJsonArray(json) ? json.filter(name => typeof name === 'string') : []
}

const most = 4

/**
 * @throws DeltaError DELTA_BAD_SCHEMA for columns that a table cannot be clustered by: not there, without a least and a
 * greatest value, not among those with statistics, or beside partitions
 */
export function checkClustering(shape: StatsShape, columns: readonly (readonly string[])[]): void {
  const refuse = (what: string) => new DeltaError('DELTA_BAD_SCHEMA', what)
  if (shape.partitionColumns.length > 0) throw refuse('a table with partitions cannot be clustered')
  if (columns.length > most)
    throw refuse(`a table can be clustered by ${most} columns at most, not by ${columns.length}`)
  const plan = planStats(shape)
  const seen = new Set<string>()
  for (const path of columns) {
    const key = columnKey(path)
    const fields = fieldsAlong(shape.schema, path)
    const field = fields?.at(-1)
    if (field === undefined) throw refuse(`the table cannot be clustered by ${key}: there is no such column`)
    if (seen.has(key.toLowerCase())) throw refuse(`the table is to be clustered by ${key} twice`)
    seen.add(key.toLowerCase())
    const planned = plan.columns.find(column => column.key.toLowerCase() === key.toLowerCase())
    if (planned?.bounds === false || (planned === undefined && isNested(field)))
      throw refuse(
        `the table cannot be clustered by ${key}: columns of type ${typeText(field.type)} have no least and greatest value`,
      )
    if (planned === undefined)
      throw refuse(
        `the table cannot be clustered by ${key}: it has no statistics; add it to delta.dataSkippingStatsColumns, or raise delta.dataSkippingNumIndexedCols`,
      )
  }
}

/** The feature is of no use without columns, so it is not turned on by its name. */
export function setClusteringInstead(way: string): DeltaError {
  return new DeltaError(
    'DELTA_BAD_PROPERTY',
    `delta.feature.clustering cannot be set: name the columns to cluster by (${way})`,
    {
      data: { property: 'delta.feature.clustering' },
    },
  )
}

/** The action that records the columns, by their physical names; none: the table is not to be clustered any more. */
export function clusteringAction(
  schema: StructType,
  columns: readonly (readonly string[])[],
): Extract<Action, { domainMetadata: unknown }> {
  const clusteringColumns = columns.map(path => (fieldsAlong(schema, path) ?? []).map(physicalNameOf))
  return {
    domainMetadata: {
      domain: clusteringDomain,
      configuration: JSON.stringify({ clusteringColumns, domainName: clusteringDomain }),
      removed: false,
    },
  }
}

/** The names that columns have in the schema, by their physical ones; those that are not there are left out. */
export function logicalPaths(schema: StructType, physical: readonly (readonly string[])[]): string[][] {
  return physical.flatMap(path => {
    const names: string[] = []
    let fields: readonly StructField[] = schema.fields
    for (const name of path) {
      const field = fields.find(column => physicalNameOf(column) === name)
      if (field === undefined) return []
      names.push(field.name)
      fields = isStruct(field.type) ? field.type.fields : []
    }
    return [names]
  })
}

/** The names that a column's data files have it under, outermost first; nothing where there is no such column. */
export function storedPath(
  { schema, configuration }: Pick<StatsShape, 'schema' | 'configuration'>,
  path: readonly string[],
): string[] | undefined {
  const mapped = isMapped(configuration)
  return fieldsAlong(schema, path)?.map(field => storedName(field, mapped))
}

function fieldsAlong(schema: StructType, path: readonly string[]): readonly StructField[] | undefined {
  const found: StructField[] = []
  let fields: readonly StructField[] = schema.fields
  for (const name of path) {
    const field = fieldNamed(fields, name)
    if (field === undefined) return undefined
    found.push(field)
    fields = isStruct(field.type) ? field.type.fields : []
  }
  return found
}

function isNested({ type }: StructField): boolean {
  return typeof type !== 'string' && type.type !== 'decimal'
}
