import type { StructType } from '../../types/index.js'
import type { Action, Metadata, Protocol } from '../actions/index.js'
import {
  checkTogether,
  featuresOf,
  isOn,
  protocolForChange,
  protocolWithout,
  type RequestedProtocol,
  type TableState,
} from '../protocol/index.js'
import { assignMapping, formatSchema, isMapped } from '../schema/index.js'
import { checkClustering, clusteringAction, logicalPaths } from './clusteringColumns.js'
import { clusteringColumns, clusteringDomain } from './clusteringColumns.js'
import { withRowIdColumns } from './createTable.js'
import { checkColumnNames, checkStatsColumns } from './tableSpecRules.js'

/** The definition of a table while changes are applied to it one after another. */
export interface TableDraft {
  /** The table as it is. */
  readonly state: TableState
  readonly schema: StructType
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
  readonly description: string | undefined
  readonly asked: RequestedProtocol
  readonly droppedFeatures: readonly string[]
  /** Paths of names in the schema; undefined for a table without the clustering feature. */
  readonly clustering: readonly (readonly string[])[] | undefined
  /** What every row must meet. */
  readonly checks: readonly RowCheck[]
}

/** A condition that existing rows must meet before the draft may be committed. */
export type RowCheck =
  | { readonly kind: 'notNull'; readonly path: readonly string[] }
  | { readonly kind: 'constraint'; readonly name: string; readonly sql: string }

/** The table that results from a draft. */
export interface DraftedTable {
  readonly protocol: Protocol
  readonly metadata: Metadata
  readonly schema: StructType
  /** What has to be written for it; none when it is what it was. */
  readonly actions: readonly Action[]
}

/** The draft to start from: the table as it is, with nothing to check. */
export function draftOf(state: TableState): TableDraft {
  const { metadata, schema } = state
  const clustered = clusteringColumns(state)
  return {
    state,
    schema,
    partitionColumns: metadata.partitionColumns,
    configuration: metadata.configuration,
    description: metadata.description,
    asked: {},
    droppedFeatures: [],
    clustering: clustered === undefined ? undefined : logicalPaths(schema, clustered),
    checks: [],
  }
}

/**
 * The table that the draft makes, with ids for what is new and the least protocol that holds it. Pure but for new names.
 * @throws DeltaError DELTA_BAD_SCHEMA, DELTA_BAD_PROPERTY, DELTA_UNSUPPORTED_FEATURE when it cannot be
 */
export function finishDraft(draft: TableDraft): DraftedTable {
  const { state, partitionColumns } = draft
  const before = state.metadata
  const mapped = assignMapping(draft.schema, draft.configuration)
  const { schema } = mapped
  checkColumnNames(schema, mapped.configuration)
  const shape = { schema, partitionColumns, configuration: mapped.configuration }
  if (draft.configuration !== before.configuration) {
    checkTogether(mapped.configuration)
    if (mapped.configuration[statsProperty] !== before.configuration[statsProperty]) checkStatsColumns(shape)
  }
  const schemaString =
    draft.schema === state.schema && schema === draft.schema ? before.schemaString : formatSchema(schema)
  const grown = protocolForChange(state.protocol, schema, mapped.configuration, draft.asked)
  const protocol = draft.droppedFeatures.reduce(protocolWithout, grown)
  const tracks = featuresOf(protocol).has('rowTracking') && isOn(mapped.configuration, 'delta.enableRowTracking')
  const configuration = tracks ? withRowIdColumns(mapped.configuration) : mapped.configuration
  const metadata: Metadata = {
    ...before,
    description: draft.description,
    schemaString,
    partitionColumns,
    configuration,
  }
  const clustering = draft.clustering === undefined ? undefined : clusteringAction(schema, draft.clustering)
  const clusters = clustering !== undefined && !sameDomain(state, clustering.domainMetadata.configuration)
  if (draft.clustering !== undefined && (clusters || canBeClustered(draftOf(state))))
    checkClustering(shape, draft.clustering)
  const actions: Action[] = []
  if (protocol !== state.protocol) actions.push({ protocol })
  if (!sameMetadata(before, metadata)) actions.push({ metaData: metadata })
  if (clusters) actions.push(clustering)
  return { protocol, metadata, schema, actions }
}

/** Turns column mapping on at once: the columns that are there keep their names in the files. */
export function mappedDraft(draft: TableDraft): TableDraft {
  return isMapped(draft.configuration)
    ? { ...draft, ...assignMapping(draft.schema, draft.configuration, 'asNamed') }
    : draft
}

/** Whether a table turns row tracking on. */
export function startsTracking({ state }: TableDraft, { metadata }: DraftedTable): boolean {
  const property = 'delta.enableRowTracking'
  return isOn(metadata.configuration, property) && !isOn(state.metadata.configuration, property)
}

const statsProperty = 'delta.dataSkippingStatsColumns'

/** Other engines may have left a table clustered by columns without statistics; that is no reason to refuse it a comment. */
function canBeClustered({ clustering = [], ...shape }: TableDraft): boolean {
  try {
    checkClustering(shape, clustering)
    return true
  } catch {
    return false
  }
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  return (
    a.schemaString === b.schemaString &&
    a.description === b.description &&
    JSON.stringify(a.partitionColumns) === JSON.stringify(b.partitionColumns) &&
    propertiesText(a) === propertiesText(b)
  )
}

function propertiesText({ configuration }: Metadata): string {
  return JSON.stringify(Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether the table names these columns already, however other engines format it. */
function sameDomain(state: TableState, configuration: string): boolean {
  const now = state.domains.get(clusteringDomain)
  const columns = (text: string) =>
    JSON.stringify((JSON.parse(text) as { clusteringColumns?: unknown }).clusteringColumns)
  return now !== undefined && columns(now.configuration) === columns(configuration)
}
