import { columnKey, type StructType } from '../../types/index.js'
import type { Metadata, Protocol } from '../actions/index.js'
import { allFields, hasGeospatialTypes, mappingMode } from '../schema/index.js'
import { isOn } from './tableProperties.js'

/**
 * Table features: what a table may demand and what this reader and writer can do (PROTOCOL.md, "Table Features").
 * Supporting one more is a change of its row here. Pure; no I/O.
 */
export interface Feature {
  readonly name: string
  readonly kind: 'writer' | 'readerWriter'
  /** The versions that imply it, without lists. */
  readonly legacy?: { readonly reader?: number; readonly writer: number }
  readonly requires?: readonly string[]
  readonly read: Exclude<Support, 'kept'>
  readonly write: Support
  /** What in this table uses the feature, in words for a message; undefined when nothing does. */
  active(metadata: Metadata, schema: StructType | undefined, write: WriteKind): string | undefined
}

/**
 * `inactive`: only as long as nothing in the table uses it. `kept`: besides, by a transaction that says that it fulfils
 * what the feature asks of writers (see `Transaction.keeps`).
 */
export type Support = 'yes' | 'kept' | 'inactive' | 'no'

/** What a write does to rows: adds some, only moves them between files, or takes or changes some. */
export type WriteKind = 'append' | 'rearrange' | 'change'

export type FeatureCheck =
  { readonly ok: true } | { readonly ok: false; readonly features: readonly string[]; readonly why: string }

const always = () => 'it is listed'
const unlessRearranged: Feature['active'] = (_metadata, _schema, write) =>
  write === 'rearrange' ? undefined : 'it is listed'
const property = (name: string) => (metadata: Metadata) =>
  isOn(metadata.configuration, name) ? `${name} is true` : undefined
/** What new rows must meet or be given; rows that only move have met it already. */
const fieldKey =
  (prefix: string): Feature['active'] =>
  (_metadata, schema, write) => {
    if (write === 'rearrange') return undefined
    for (const { path, field } of schema === undefined ? [] : allFields(schema))
      if (Object.keys(field.metadata ?? {}).some(key => key.startsWith(prefix)))
        return `column ${columnKey(path)} has ${prefix}`
    return undefined
  }

function mapping(metadata: Metadata): string | undefined {
  const mode = mappingMode(metadata.configuration)
  return mode === 'none' ? undefined : `delta.columnMapping.mode is ${mode}`
}

function writerFeature(name: string, write: Support, active: Feature['active'], more: Partial<Feature> = {}): Feature {
  return { name, kind: 'writer', read: 'yes', write, active, ...more }
}

function readerFeature(
  name: string,
  read: Feature['read'],
  write: Support,
  active: Feature['active'],
  more: Partial<Feature> = {},
): Feature {
  return { name, kind: 'readerWriter', read, write, active, ...more }
}

export const features: readonly Feature[] = [
  writerFeature(
    'appendOnly',
    'inactive',
    (metadata, _schema, write) => (write === 'change' ? property('delta.appendOnly')(metadata) : undefined),
    { legacy: { writer: 2 } },
  ),
  writerFeature('invariants', 'kept', fieldKey('delta.invariants'), { legacy: { writer: 2 } }),
  writerFeature(
    'checkConstraints',
    'kept',
    (metadata, _schema, write) =>
      write === 'rearrange'
        ? undefined
        : Object.keys(metadata.configuration).find(key => key.startsWith('delta.constraints.')),
    { legacy: { writer: 3 } },
  ),
  writerFeature(
    'changeDataFeed',
    'kept',
    (metadata, _schema, write) => (write === 'change' ? property('delta.enableChangeDataFeed')(metadata) : undefined),
    { legacy: { writer: 4 } },
  ),
  writerFeature('generatedColumns', 'inactive', fieldKey('delta.generationExpression'), { legacy: { writer: 4 } }),
  readerFeature(
    'columnMapping',
    'yes',
    'kept',
    (metadata, _schema, write) => (write === 'rearrange' ? undefined : mapping(metadata)),
    { legacy: { reader: 2, writer: 5 } },
  ),
  writerFeature('identityColumns', 'inactive', fieldKey('delta.identity.'), { legacy: { writer: 6 } }),
  writerFeature('allowColumnDefaults', 'kept', fieldKey('CURRENT_DEFAULT')),
  // Files may keep their vectors after the property is taken away, so no setting says that there are none.
  readerFeature('deletionVectors', 'yes', 'kept', unlessRearranged),
  readerFeature('timestampNtz', 'yes', 'yes', always),
  readerFeature('typeWidening', 'yes', 'kept', unlessRearranged),
  readerFeature('typeWidening-preview', 'yes', 'kept', unlessRearranged),
  readerFeature('v2Checkpoint', 'yes', 'yes', always),
  readerFeature('vacuumProtocolCheck', 'yes', 'yes', always),
  readerFeature('catalogManaged', 'no', 'no', always, { requires: ['inCommitTimestamp', 'vacuumProtocolCheck'] }),
  readerFeature('catalogOwned-preview', 'no', 'no', always, { requires: ['inCommitTimestamp', 'vacuumProtocolCheck'] }),
  // Variants of rows that only move go on as they are; nothing here makes new ones.
  readerFeature('variantType', 'yes', 'inactive', unlessRearranged),
  readerFeature('variantType-preview', 'yes', 'inactive', unlessRearranged),
  readerFeature('variantShredding', 'yes', 'inactive', unlessRearranged, { requires: ['variantType'] }),
  readerFeature('variantShredding-preview', 'yes', 'inactive', unlessRearranged, { requires: ['variantType'] }),
  // Shapes are read as their bytes; files with them need types and statistics of their own.
  readerFeature('geospatial', 'yes', 'no', always),
  readerFeature('geospatial-preview', 'yes', 'no', always),
  // Row ids are due as soon as the feature is listed, enabled or not.
  writerFeature(
    'rowTracking',
    'kept',
    (metadata, _schema, write) =>
      write === 'rearrange' || isOn(metadata.configuration, 'delta.rowTrackingSuspended') ? undefined : 'it is listed',
    { requires: ['domainMetadata'] },
  ),
  writerFeature('domainMetadata', 'yes', always),
  // The columns are among those with statistics: other engines refuse to cluster by one that is not.
  writerFeature('clustering', 'yes', always, { requires: ['domainMetadata'] }),
  writerFeature('inCommitTimestamp', 'yes', property('delta.enableInCommitTimestamps')),
  writerFeature('icebergCompatV1', 'inactive', property('delta.enableIcebergCompatV1'), {
    requires: ['columnMapping'],
  }),
  writerFeature('icebergCompatV2', 'inactive', property('delta.enableIcebergCompatV2'), {
    requires: ['columnMapping'],
  }),
  writerFeature('icebergCompatV3', 'inactive', property('delta.enableIcebergCompatV3'), {
    requires: ['columnMapping'],
  }),
  // Checkpoints are written of the newest version only, and cleaned up as the feature asks.
  writerFeature('checkpointProtection', 'yes', always),
  writerFeature('materializePartitionColumns', 'kept', unlessRearranged),
]

/** The features that a transaction may say that it keeps. */
export const keptFeatures: readonly string[] = features.filter(({ write }) => write === 'kept').map(({ name }) => name)

const byName: ReadonlyMap<string, Feature> = new Map(features.map(feature => [feature.name, feature]))

/** Whether this reader understands the table: {@link FeatureCheck} names what it does not. */
export function checkReadable(protocol: Protocol, metadata: Metadata): FeatureCheck {
  const broken = inconsistency(protocol)
  if (broken !== undefined) return refuse([], broken)
  if (protocol.minReaderVersion > 3)
    return refuse([], `it needs reader version ${protocol.minReaderVersion}; this reader knows versions up to 3`)
  return judge(
    readerFeaturesOf(protocol),
    feature => feature.read,
    f => f.active(metadata, undefined, 'append'),
    'read',
  )
}

/**
 * Whether this writer may add to the table (`write`: what it is about to do) and keep all its promises. A table that
 * lists a feature, or whose version implies it, is fine as long as nothing uses what this writer cannot do.
 *
 * @param keeps features whose duties the write fulfils
 */
export function checkWritable(
  protocol: Protocol,
  metadata: Metadata,
  schema: StructType,
  write: WriteKind = 'append',
  keeps: readonly string[] = [],
): FeatureCheck {
  const readable = checkReadable(protocol, metadata)
  if (!readable.ok) return readable
  if (protocol.minWriterVersion > 7)
    return refuse([], `it needs writer version ${protocol.minWriterVersion}; this writer knows versions up to 7`)
  if (hasGeospatialTypes(metadata.schemaString))
    return refuse(['geospatial'], 'this version cannot write tables with columns of type geometry or geography')
  const support = ({ write: level, name }: Feature) => (level === 'kept' && keeps.includes(name) ? 'yes' : level)
  return judge(writerFeaturesOf(protocol), support, f => f.active(metadata, schema, write), 'write')
}

/** The names of the features a reader must know, whether listed or implied by the version. */
export function readerFeaturesOf(protocol: Protocol): readonly string[] {
  if (protocol.minReaderVersion >= 3) return protocol.readerFeatures ?? []
  return features.filter(f => (f.legacy?.reader ?? Infinity) <= protocol.minReaderVersion).map(f => f.name)
}

/** The names of the features a writer must know, whether listed or implied by the version. */
export function writerFeaturesOf(protocol: Protocol): readonly string[] {
  if (protocol.minWriterVersion >= 7) return protocol.writerFeatures ?? []
  return features.filter(f => (f.legacy?.writer ?? Infinity) <= protocol.minWriterVersion).map(f => f.name)
}

function judge(
  names: readonly string[],
  support: (feature: Feature) => Support,
  active: (feature: Feature) => string | undefined,
  verb: string,
): FeatureCheck {
  const refused: string[] = []
  const reasons: string[] = []
  for (const name of names) {
    const feature = byName.get(name)
    const use = feature === undefined ? 'it is unknown here' : active(feature)
    const level = feature === undefined ? 'no' : support(feature)
    if (level === 'yes' || (level !== 'no' && use === undefined)) continue
    refused.push(name)
    reasons.push(`${name} (${use ?? 'it is listed'})`)
  }
  return refused.length === 0
    ? { ok: true }
    : refuse(refused, `this version cannot ${verb} tables with ${reasons.join(', ')}`)
}

function inconsistency(protocol: Protocol): string | undefined {
  const { minReaderVersion: reader, minWriterVersion: writer } = protocol
  if (reader < 1 || writer < 1) return `protocol (${reader}, ${writer}) does not exist`
  if (reader >= 3 && writer < 7) return `reader version ${reader} needs writer version 7, and the table has ${writer}`
  if (reader < 3 && protocol.readerFeatures !== undefined) return `reader version ${reader} may not list features`
  if (writer < 7 && protocol.writerFeatures !== undefined) return `writer version ${writer} may not list features`
  const missing = (protocol.readerFeatures ?? []).filter(name => !(protocol.writerFeatures ?? []).includes(name))
  return missing.length === 0 ? undefined : `reader features missing from the writer features: ${missing.join(', ')}`
}

function refuse(names: readonly string[], why: string): FeatureCheck {
  return { ok: false, features: names, why }
}
