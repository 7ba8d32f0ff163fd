import { namedValue, parseColumnPath } from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import {
  constraintPrefix,
  dependents,
  featureName,
  featuresOf,
  isInternalProperty,
  propertyName,
  readProperties,
  without,
} from '../protocol/index.js'
import { formatSchema, isMapped, mappingMode, withoutMapping } from '../schema/index.js'
import { mappedDraft, setClusteringInstead, type TableDraft } from '../table/index.js'
import { exactPath } from './schemaEdit.js'
import type { TableChange } from './tableChange.js'

/** Changes of properties, constraints, clustering and features, made to a draft. */

/**
 * Sets properties as `SET TBLPROPERTIES` does: `comment` becomes the description; versions of the protocol and
 * `delta.feature.…` are requests that the finished draft fulfils.
 * @throws DeltaError DELTA_BAD_PROPERTY for a property or value that is not known, not for users to set, or not
 * possible for this table; DELTA_UNSUPPORTED_FEATURE for a feature that is not known
 */
export function setProperties(
  draft: TableDraft,
  { properties }: Extract<TableChange, { kind: 'setProperties' }>,
): TableDraft {
  for (const name of Object.keys(properties)) {
    const lower = name.toLowerCase()
    if (lower.startsWith(constraintPrefix))
      throw badProperty(
        name,
        'cannot be set as a property: add a constraint (addConstraint), which checks the rows that are there',
      )
    if (lower === 'location' || lower === 'provider') throw badProperty(name, 'cannot be changed')
  }
  const { comment, ...others } = properties
  const { configuration, features, ...versions } = readProperties(others)
  if (features.some(feature => feature.toLowerCase() === 'clustering')) throw setClusteringInstead('setClustering')
  requireNoDowngrade(draft, versions)
  const asked = {
    ...draft.asked,
    ...versions,
    features: [...(draft.asked.features ?? []), ...features.map(featureName)],
  }
  const described = comment === undefined ? draft : { ...draft, description: comment }
  return withMode({ ...described, asked, configuration: { ...draft.configuration, ...configuration } }, draft)
}

/**
 * Removes properties; those that are not set are ignored, and `comment` is the description.
 *
 * @throws DeltaError DELTA_BAD_PROPERTY for one that the engine writes, or for the mode of a table with column mapping
 */
export function unsetProperties(
  draft: TableDraft,
  { names }: Extract<TableChange, { kind: 'unsetProperties' }>,
): TableDraft {
  const gone = new Set(names.map(propertyName))
  for (const name of gone)
    if (isInternalProperty(name)) throw badProperty(name, 'is written by the engine and cannot be taken away')
  const configuration = without(draft.configuration, ...gone)
  return withMode({ ...draft, configuration, description: gone.has('comment') ? undefined : draft.description }, draft)
}

/**
 * Adds a CHECK constraint in Spark's SQL, its name in lower case, and requests a check of the existing rows.
 *
 * @throws DeltaError DELTA_BAD_PROPERTY for a name that is taken or not allowed, or an empty expression
 */
export function addConstraint(draft: TableDraft, change: Extract<TableChange, { kind: 'addConstraint' }>): TableDraft {
  const name = change.name.toLowerCase()
  const sql = change.expression.trim()
  if (!/^[^\s,;=]+$/.test(name)) throw badProperty(constraintPrefix + name, 'is no name for a constraint')
  if (sql === '') throw badProperty(constraintPrefix + name, 'has no expression')
  const taken = constraintKey(draft, name)
  if (taken !== undefined)
    throw badProperty(taken, `is there already (${draft.configuration[taken] ?? ''}): drop the old constraint first`)
  return {
    ...draft,
    configuration: { ...draft.configuration, [constraintPrefix + name]: sql },
    checks: [...draft.checks, { kind: 'constraint', name, sql }],
  }
}

/**
 * Drops a CHECK constraint; the letter case of its name does not matter.
 *
 * @throws DeltaError DELTA_BAD_PROPERTY when there is none of the name, unless `ifExists`
 */
export function dropConstraint(
  draft: TableDraft,
  { name, ifExists = false }: Extract<TableChange, { kind: 'dropConstraint' }>,
): TableDraft {
  const key = constraintKey(draft, name)
  if (key === undefined) {
    if (ifExists) return draft
    throw badProperty(constraintPrefix + name.toLowerCase(), 'is not there: the table has no such constraint')
  }
  return {
    ...draft,
    configuration: without(draft.configuration, key),
    checks: draft.checks.filter(check => check.kind !== 'constraint' || check.name !== name.toLowerCase()),
  }
}

/**
 * Sets the clustering columns and enables the feature; none turn clustering off. Existing files are not sorted by it.
 *
 * @throws DeltaError DELTA_NO_COLUMN
 */
export function setClustering(
  draft: TableDraft,
  { columns }: Extract<TableChange, { kind: 'setClustering' }>,
): TableDraft {
  const clustering = columns.map(column => exactPath(draft.schema, parseColumnPath(column)))
  if (draft.clustering === undefined && clustering.length === 0) return draft
  return { ...draft, clustering, asked: { ...draft.asked, features: [...(draft.asked.features ?? []), 'clustering'] } }
}

/**
 * Enables a table feature; the finished draft adds what it requires.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for one that is not known; DELTA_BAD_PROPERTY for clustering, which
 * needs its columns
 */
export function addFeature(draft: TableDraft, { feature }: Extract<TableChange, { kind: 'addFeature' }>): TableDraft {
  const name = featureName(feature)
  if (name === 'clustering') throw setClusteringInstead('setClustering')
  return { ...draft, asked: { ...draft.asked, features: [...(draft.asked.features ?? []), name] } }
}

/**
 * Drops a feature that concerns writers alone from the protocol, and turns off the properties that require it.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for one that is not known or not there, that another feature or the
 * table itself needs, or that versions still in the log may need
 */
export function dropFeature(draft: TableDraft, { feature }: Extract<TableChange, { kind: 'dropFeature' }>): TableDraft {
  const name = featureName(feature)
  const present = featuresOf(draft.state.protocol)
  const refuse = (why: string) =>
    new DeltaError('DELTA_UNSUPPORTED_FEATURE', `${name} cannot be dropped: ${why}`, { data: { features: name } })
  if (!present.has(name)) throw refuse('the table does not have it')
  const others = dependents(name, present).filter(other => !draft.droppedFeatures.includes(other))
  if (others.length > 0) throw refuse(`${others.join(', ')} needs it`)
  const release = namedValue(releases, name)
  if (release === undefined)
    throw refuse(
      'versions of the table that are still in the log may need it; other engines can drop it with a protected history',
    )
  const released = release(draft)
  if (typeof released === 'string') throw refuse(released)
  return { ...released, droppedFeatures: [...released.droppedFeatures, name] }
}

/** Drops features that only ever concerned writers: the draft without them, or why they cannot be dropped. */
const releases: Readonly<Record<string, ((draft: TableDraft) => TableDraft | string) | undefined>> = {
  checkConstraints: draft => {
    const key = Object.keys(draft.configuration).find(name => name.toLowerCase().startsWith(constraintPrefix))
    return key === undefined
      ? draft
      : `the table has the constraint ${key.slice(constraintPrefix.length)}; drop it first`
  },
  inCommitTimestamp: draft => {
    const configuration = without(
      draft.configuration,
      'delta.inCommitTimestampEnablementVersion',
      'delta.inCommitTimestampEnablementTimestamp',
    )
    return { ...draft, configuration: { ...configuration, 'delta.enableInCommitTimestamps': 'false' } }
  },
  domainMetadata: draft => {
    const [domain] = draft.state.domains.keys()
    return domain === undefined ? draft : `the table has the metadata domain ${domain}`
  },
  materializePartitionColumns: draft => ({
    ...draft,
    configuration: without(draft.configuration, 'delta.enableMaterializePartitionColumnsFeature'),
  }),
}

/** What a change of the mapping mode means for the columns. */
function withMode(draft: TableDraft, before: TableDraft): TableDraft {
  const [from, to] = [mappingMode(before.configuration), mappingMode(draft.configuration)]
  if (from === to) return draft
  const property = 'delta.columnMapping.mode'
  if (to === 'none')
    throw badProperty(
      property,
      `cannot go from ${from} back to none: the data files would have to be rewritten under the columns' names`,
    )
  if (isMapped(before.configuration)) throw badProperty(property, `cannot be changed from ${from} to ${to}`)
  if (to !== 'name')
    throw badProperty(property, `cannot become ${to} in a table whose files were written without ids; use name`)
  if (formatSchema(withoutMapping(draft.schema)) !== formatSchema(draft.schema))
    throw badProperty(property, 'cannot be turned on: columns have ids from an earlier mapping')
  return mappedDraft(draft)
}

function requireNoDowngrade(
  { state }: TableDraft,
  asked: { minReaderVersion?: number | undefined; minWriterVersion?: number | undefined },
): void {
  for (const name of ['minReaderVersion', 'minWriterVersion'] as const) {
    const [wanted, now] = [asked[name], state.protocol[name]]
    if (wanted !== undefined && wanted < now)
      throw badProperty(`delta.${name}`, `is ${now} and cannot go down to ${wanted}`)
  }
}

function constraintKey({ configuration }: TableDraft, name: string): string | undefined {
  return Object.keys(configuration).find(key => key.toLowerCase() === constraintPrefix + name.toLowerCase())
}

function badProperty(property: string, what: string): DeltaError {
  return new DeltaError('DELTA_BAD_PROPERTY', `${property} ${what}`, { data: { property } })
}
