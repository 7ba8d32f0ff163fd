import type { Metadata, Protocol } from '../actions/index.js'
import { isOn, readerFeaturesOf, writerFeaturesOf } from '../protocol/index.js'
import { mappingKeys, mappingMode } from '../schema/index.js'

/** What a table requires of its writers: the two actions that say so. */
export interface ProtocolAndMetadata {
  readonly protocol: Protocol
  readonly metadata: Metadata
}

/**
 * Whether the protocol lost a feature: a writer that prepared for `before` may have relied on it. New features are
 * another matter, which {@link checkWritable} judges.
 */
export function lostFeature(before: Protocol, after: Protocol): string | undefined {
  const left = new Set([...readerFeaturesOf(after), ...writerFeaturesOf(after)])
  return [...readerFeaturesOf(before), ...writerFeaturesOf(before)].find(name => !left.has(name))
}

/** What a write that was prepared before the change does to rows. */
export interface Stale {
  /** Whether it removes or replaces files. */
  readonly moves: boolean
}

/**
 * The conflict of committing, after the metadata became `after`, something that was prepared for `before`: `undefined`
 * for a change that only turns on a feature whose absence from the files written meanwhile does no harm, which is the
 * list of the reference (ConflictChecker.scala, `attemptToResolveMetadataConflicts`).
 *
 * Stricter in one point: row tracking that is turned on conflicts with what moves rows, which then has to preserve
 * their ids; the reference marks such a commit as one that lost them.
 */
export function metadataObstacle(
  before: Metadata,
  { protocol, metadata: after }: ProtocolAndMetadata,
  stale: Stale,
): string | undefined {
  if (withoutSchemaAndProperties(before) !== withoutSchemaAndProperties(after))
    return 'identity, format or partitioning was changed'
  const lists = (feature: string) => writerFeaturesOf(protocol).includes(feature)
  const mapped = isMappingTurnedOn(before, after) && lists('columnMapping')
  if (
    before.schemaString !== after.schemaString &&
    !(mapped && sameButMapped(before.schemaString, after.schemaString))
  ) {
    return 'the schema was changed'
  }
  const tracksRows = isOn(after.configuration, 'delta.enableRowTracking')
  for (const key of new Set([...Object.keys(before.configuration), ...Object.keys(after.configuration)])) {
    const [was, is] = [before.configuration[key], after.configuration[key]]
    if (was === is) continue
    if (is === undefined) return `${key} was taken away`
    const turnedOn = isOn(after.configuration, key)
    const harmless: Readonly<Record<string, boolean>> = {
      'delta.enableDeletionVectors': turnedOn && lists('deletionVectors'),
      'delta.columnMapping.mode': mapped,
      'delta.columnMapping.maxColumnId': true,
      'delta.checkpointPolicy': is === 'v2' && lists('v2Checkpoint'),
      'delta.enableInCommitTimestamps': turnedOn && lists('inCommitTimestamp'),
      'delta.inCommitTimestampEnablementVersion': was === undefined,
      'delta.inCommitTimestampEnablementTimestamp': was === undefined,
      'delta.enableRowTracking': turnedOn && lists('rowTracking') && !stale.moves,
      'delta.rowTracking.materializedRowIdColumnName': tracksRows && !stale.moves,
      'delta.rowTracking.materializedRowCommitVersionColumnName': tracksRows && !stale.moves,
    }
    if (harmless[key] !== true) return `${key} was changed`
  }
  return undefined
}

/** The part of the metadata whose change is a conflict for every transaction. */
function withoutSchemaAndProperties({
  id,
  name,
  description,
  format,
  partitionColumns,
  createdTime,
}: Metadata): string {
  const options = Object.entries(format.options).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([id, name, description, format.provider, options, partitionColumns, createdTime])
}

function isMappingTurnedOn(before: Metadata, after: Metadata): boolean {
  return mappingMode(before.configuration) === 'none' && mappingMode(after.configuration) === 'name'
}

/**
 * Whether two schemas differ only in what column mapping notes at their outermost fields, as the reference has it. Files
 * written before have their columns under the names of the table, so these must be the physical ones.
 */
function sameButMapped(before: string, after: string): boolean {
  const text = unmapped(after)
  return text !== undefined && unmapped(before) === text
}

interface SchemaText {
  readonly fields?: readonly { readonly name: string; readonly metadata?: Readonly<Record<string, unknown>> }[]
}

function unmapped(schemaString: string): string | undefined {
  const schema = JSON.parse(schemaString) as SchemaText
  const renamed = schema.fields?.some(
    ({ name, metadata }) => (metadata?.['delta.columnMapping.physicalName'] ?? name) !== name,
  )
  if (renamed === true) return undefined
  return JSON.stringify({
    ...schema,
    fields: schema.fields?.map(field => ({
      ...field,
      metadata: Object.entries(field.metadata ?? {})
        .filter(([key]) => !mappingKeys.has(key))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    })),
  })
}
