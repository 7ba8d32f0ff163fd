import { isVariant } from '../../types/index.js'
import {
  columnType,
  constraint,
  type Feature,
  type FeatureUse,
  fieldKey,
  listedUnless,
  mapping,
  property,
  propertyValue,
  type Support,
} from './feature.js'

type More = Omit<Partial<Feature>, 'name' | 'kind' | 'write'>

function writer(name: string, write: Support, more: More = {}): Feature {
  return { name, kind: 'writer', read: 'yes', write, ...more }
}

function readerWriter(name: string, write: Support, more: More = {}): Feature {
  return { name, kind: 'readerWriter', read: 'yes', write, ...more }
}

function usedBy(use: FeatureUse): Pick<Feature, 'neededBy' | 'activeBy'> {
  return { neededBy: use, activeBy: use }
}

/**
 * Every table feature that is known here (PROTOCOL.md, "Table Features"), with all that is known of it. Supporting one
 * more is a change of its row.
 */
export const features: readonly Feature[] = [
  writer('appendOnly', 'inactive', {
    legacy: { writer: 2 },
    ...usedBy(property('delta.appendOnly')),
    concerns: 'changedRows',
  }),
  writer('invariants', 'kept', {
    legacy: { writer: 2 },
    ...usedBy(fieldKey('delta.invariants')),
    concerns: 'newRows',
    needsExpressions: true,
  }),
  writer('checkConstraints', 'kept', {
    legacy: { writer: 3 },
    neededBy: constraint('anyCase'),
    activeBy: constraint('asStored'),
    concerns: 'newRows',
    needsExpressions: true,
  }),
  writer('changeDataFeed', 'kept', {
    legacy: { writer: 4 },
    neededBy: property('delta.enableChangeDataFeed', 'delta.enableChangeDataCapture'),
    activeBy: property('delta.enableChangeDataFeed'),
    concerns: 'changedRows',
  }),
  writer('generatedColumns', 'inactive', {
    legacy: { writer: 4 },
    ...usedBy(fieldKey('delta.generationExpression')),
    concerns: 'newRows',
  }),
  readerWriter('columnMapping', 'kept', {
    legacy: { reader: 2, writer: 5 },
    ...usedBy(mapping),
    concerns: 'newRows',
  }),
  writer('identityColumns', 'inactive', {
    legacy: { writer: 6 },
    ...usedBy(fieldKey('delta.identity.')),
    concerns: 'newRows',
  }),
  writer('allowColumnDefaults', 'kept', { ...usedBy(fieldKey('CURRENT_DEFAULT')), concerns: 'newRows' }),
  // Files may keep their vectors after the property is taken away, so no setting proves that there are none.
  readerWriter('deletionVectors', 'kept', { neededBy: property('delta.enableDeletionVectors'), concerns: 'newRows' }),
  readerWriter('timestampNtz', 'yes', { neededBy: columnType('timestamp_ntz', type => type === 'timestamp_ntz') }),
  readerWriter('typeWidening', 'kept', {
    neededBy: property('delta.enableTypeWidening'),
    servedBy: 'typeWidening-preview',
    concerns: 'newRows',
  }),
  readerWriter('typeWidening-preview', 'kept', { concerns: 'newRows' }),
  readerWriter('v2Checkpoint', 'yes', { neededBy: propertyValue('delta.checkpointPolicy', 'v2') }),
  readerWriter('vacuumProtocolCheck', 'yes'),
  readerWriter('catalogManaged', 'no', { read: 'no', requires: ['inCommitTimestamp', 'vacuumProtocolCheck'] }),
  readerWriter('catalogOwned-preview', 'no', { read: 'no', requires: ['inCommitTimestamp', 'vacuumProtocolCheck'] }),
  // Variants of rows that are only moved are copied unchanged; nothing here creates new ones.
  readerWriter('variantType', 'inactive', {
    neededBy: columnType('variant', isVariant),
    servedBy: 'variantType-preview',
    concerns: 'newRows',
  }),
  readerWriter('variantType-preview', 'inactive', { concerns: 'newRows' }),
  readerWriter('variantShredding', 'inactive', {
    requires: ['variantType'],
    neededBy: property('delta.enableVariantShredding'),
    servedBy: 'variantShredding-preview',
    concerns: 'newRows',
  }),
  readerWriter('variantShredding-preview', 'inactive', { requires: ['variantType'], concerns: 'newRows' }),
  // Shapes are read as their bytes; files with them need types and statistics of their own.
  readerWriter('geospatial', 'no'),
  readerWriter('geospatial-preview', 'no'),
  // Row ids are required as soon as the feature is listed, enabled or not.
  writer('rowTracking', 'kept', {
    requires: ['domainMetadata'],
    neededBy: property('delta.enableRowTracking'),
    activeBy: listedUnless('delta.rowTrackingSuspended'),
    concerns: 'newRows',
  }),
  writer('domainMetadata', 'yes'),
  // The columns are among those with statistics: other engines refuse to cluster by one that is not.
  writer('clustering', 'yes', { requires: ['domainMetadata'] }),
  writer('inCommitTimestamp', 'yes', usedBy(property('delta.enableInCommitTimestamps'))),
  writer('icebergCompatV1', 'inactive', {
    requires: ['columnMapping'],
    ...usedBy(property('delta.enableIcebergCompatV1')),
  }),
  writer('icebergCompatV2', 'inactive', {
    requires: ['columnMapping'],
    ...usedBy(property('delta.enableIcebergCompatV2')),
  }),
  writer('icebergCompatV3', 'inactive', {
    requires: ['columnMapping'],
    ...usedBy(property('delta.enableIcebergCompatV3')),
  }),
  // Checkpoints are written of the newest version only, and cleaned up as the feature requires.
  writer('checkpointProtection', 'yes'),
  writer('materializePartitionColumns', 'kept', {
    neededBy: property('delta.enableMaterializePartitionColumnsFeature'),
    concerns: 'newRows',
  }),
]

const byName: ReadonlyMap<string, Feature> = new Map(features.map(feature => [feature.name, feature]))

/** The feature of that name, spelled as the log has it; nothing when it is not known here. */
export function findFeature(name: string): Feature | undefined {
  return byName.get(name)
}

/** The features whose requirements a transaction may declare that it meets. */
export const keptFeatures: readonly string[] = features.filter(({ write }) => write === 'kept').map(({ name }) => name)

/** Features whose requirements cannot be met without evaluating SQL. */
export const expressionFeatures: readonly string[] = features
  .filter(feature => feature.needsExpressions)
  .map(({ name }) => name)
