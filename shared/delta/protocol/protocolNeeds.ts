import { containsType, isVariant, type StructType } from '../../types/index.js'
import type { Protocol } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import { allFields, isMapped } from '../schema/index.js'
import { type Feature, features } from './features.js'
import { constraintPrefix, type GivenProperties, isOn } from './tableProperties.js'

/**
 * Which protocol a table needs (PROTOCOL.md, "Table Features"): the one that most readers and writers know. A set of
 * features that is exactly what an old version implies is that version; any other is a list. Pure; no I/O.
 */
type Needed = (
  schema: StructType,
  configuration: Readonly<Record<string, string>>,
  present: ReadonlySet<string>,
) => boolean

const on =
  (property: string): Needed =>
  (_schema, configuration) =>
    isOn(configuration, property)
const onUnless =
  (property: string, preview: string): Needed =>
  (_schema, configuration, present) =>
    isOn(configuration, property) && !present.has(preview)
const inField =
  (prefix: string): Needed =>
  schema => {
    for (const { field } of allFields(schema))
      if (Object.keys(field.metadata ?? {}).some(key => key.startsWith(prefix))) return true
    return false
  }

/** What in a table's schema and properties needs a feature. */
const needs: Readonly<Record<string, Needed>> = {
  appendOnly: on('delta.appendOnly'),
  invariants: inField('delta.invariants'),
  checkConstraints: (_schema, configuration) =>
    Object.keys(configuration).some(name => name.toLowerCase().startsWith(constraintPrefix)),
  changeDataFeed: (_schema, configuration) =>
    isOn(configuration, 'delta.enableChangeDataFeed') || isOn(configuration, 'delta.enableChangeDataCapture'),
  generatedColumns: inField('delta.generationExpression'),
  columnMapping: (_schema, configuration) => isMapped(configuration),
  identityColumns: inField('delta.identity.'),
  allowColumnDefaults: inField('CURRENT_DEFAULT'),
  timestampNtz: schema => containsType(schema, type => type === 'timestamp_ntz'),
  variantType: (schema, _configuration, present) =>
    !present.has('variantType-preview') && containsType(schema, isVariant),
  variantShredding: onUnless('delta.enableVariantShredding', 'variantShredding-preview'),
  deletionVectors: on('delta.enableDeletionVectors'),
  typeWidening: onUnless('delta.enableTypeWidening', 'typeWidening-preview'),
  v2Checkpoint: (_schema, configuration) => configuration['delta.checkpointPolicy'] === 'v2',
  rowTracking: on('delta.enableRowTracking'),
  inCommitTimestamp: on('delta.enableInCommitTimestamps'),
  icebergCompatV1: on('delta.enableIcebergCompatV1'),
  icebergCompatV2: on('delta.enableIcebergCompatV2'),
  icebergCompatV3: on('delta.enableIcebergCompatV3'),
  materializePartitionColumns: on('delta.enableMaterializePartitionColumnsFeature'),
}

/** What is asked for besides what schema and properties need. */
export type AskedProtocol = Pick<GivenProperties, 'minReaderVersion' | 'minWriterVersion'> & {
  /** Names of features, whatever their case. */
  readonly features?: readonly string[] | undefined
}

/**
 * The lowest protocol that a new table can have, so that as many readers as possible can read it: (1,2), unless it needs
 * more. Lists hold `appendOnly` and `invariants` as well, which version 2 implies and version 7 does not; other engines
 * expect them.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for a feature asked for that is not known
 */
export function protocolFor(
  schema: StructType,
  configuration: Readonly<Record<string, string>> = {},
  asked: AskedProtocol = {},
): Protocol {
  const { minReaderVersion = 1, minWriterVersion = 2 } = asked
  const present = new Set([...impliedFeatures(minReaderVersion, minWriterVersion), ...askedFeatures(asked)])
  return protocolOf(withRequired([...present, ...featuresNeeded(schema, configuration, present)]))
}

/** What `current` must become before the table can have this schema and these properties; `current` itself when it will do. */
export function protocolForChange(
  current: Protocol,
  schema: StructType,
  configuration: Readonly<Record<string, string>> = {},
  asked: AskedProtocol = {},
): Protocol {
  const present = featuresOf(current)
  const { minReaderVersion = current.minReaderVersion, minWriterVersion = current.minWriterVersion } = asked
  const wanted = withRequired([
    ...impliedFeatures(minReaderVersion, minWriterVersion),
    ...askedFeatures(asked),
    ...featuresNeeded(schema, configuration, present),
  ])
  if ([...wanted].every(name => present.has(name))) return current
  return protocolOf(new Set([...present, ...wanted]), current)
}

/** The protocol without a feature that nothing in the table needs any more. */
export function protocolWithout(current: Protocol, dropped: string): Protocol {
  return protocolOf(new Set([...featuresOf(current)].filter(name => name !== dropped)), current)
}

/** Every feature of a protocol, listed or implied. */
export function featuresOf(protocol: Protocol): ReadonlySet<string> {
  const { minReaderVersion, minWriterVersion, readerFeatures = [], writerFeatures = [] } = protocol
  return new Set([...impliedFeatures(minReaderVersion, minWriterVersion), ...readerFeatures, ...writerFeatures])
}

/** The name of a feature as the log has it. Throws DELTA_UNSUPPORTED_FEATURE when it is not known. */
export function featureName(name: string): string {
  const known = features.find(feature => feature.name.toLowerCase() === name.toLowerCase())
  if (known !== undefined) return known.name
  throw new DeltaError(
    'DELTA_UNSUPPORTED_FEATURE',
    `there is no table feature ${JSON.stringify(name)} that is known here`,
    { data: { features: name } },
  )
}

/** The features that need `name` and that are in `present`. */
export function dependents(name: string, present: ReadonlySet<string>): readonly string[] {
  return features
    .filter(feature => present.has(feature.name) && feature.requires?.includes(name) === true)
    .map(feature => feature.name)
}

function askedFeatures({ features: asked = [] }: AskedProtocol): readonly string[] {
  return asked.map(featureName)
}

function featuresNeeded(
  schema: StructType,
  configuration: Readonly<Record<string, string>>,
  present: ReadonlySet<string>,
): string[] {
  return Object.entries(needs)
    .filter(([, needed]) => needed(schema, configuration, present))
    .map(([name]) => name)
}

function withRequired(names: readonly string[]): ReadonlySet<string> {
  const all = new Set(names)
  for (const name of all) for (const required of byName.get(name)?.requires ?? []) all.add(required)
  return all
}

const byName: ReadonlyMap<string, Feature> = new Map(features.map(feature => [feature.name, feature]))

/** The weakest protocol with exactly these features. `known`: whose reader features those not known here may be. */
function protocolOf(names: ReadonlySet<string>, known?: Protocol): Protocol {
  const isNative = (name: string) =>
    byName.has(name)
      ? byName.get(name)?.kind === 'readerWriter' && byName.get(name)?.legacy === undefined
      : known?.readerFeatures?.includes(name) === true
  const readsMapping = [...names].some(name => (byName.get(name)?.legacy?.reader ?? 1) > 1)
  const minReaderVersion = [...names].some(isNative) ? 3 : readsMapping ? 2 : 1
  const versions = [...names].map(name => byName.get(name)?.legacy?.writer ?? 7)
  const legacy = Math.max(1, ...versions)
  const implied = impliedFeatures(minReaderVersion, legacy)
  if (legacy < 7 && implied.length === names.size && implied.every(name => names.has(name)))
    return { minReaderVersion, minWriterVersion: legacy }
  const sorted = [...names].sort()
  return {
    minReaderVersion,
    minWriterVersion: 7,
    ...(minReaderVersion >= 3
      ? { readerFeatures: sorted.filter(name => isNative(name) || byName.get(name)?.kind === 'readerWriter') }
      : {}),
    writerFeatures: sorted,
  }
}

/** What versions imply without lists: nothing where there are lists. */
function impliedFeatures(reader: number, writer: number): readonly string[] {
  if (writer >= 7) return []
  // A reader version that needs lists means nothing without a writer version that does.
  const known = Math.min(reader, 2)
  return features
    .filter(({ legacy }) => legacy !== undefined && legacy.writer <= writer && (legacy.reader ?? 1) <= known)
    .map(({ name }) => name)
}
