import type { StructType } from '../../types/index.js'
import type { Protocol } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import { features, findFeature } from './features.js'
import type { GivenProperties } from './tableProperties.js'

/**
 * Which protocol a table needs (PROTOCOL.md, "Table Features"): the one that most readers and writers know. A set of
 * features that is exactly what an old version implies is that version; any other is a list.
 */

/** What is asked for besides what schema and properties need. */
export type RequestedProtocol = Pick<GivenProperties, 'minReaderVersion' | 'minWriterVersion'> & {
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
  asked: RequestedProtocol = {},
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
  asked: RequestedProtocol = {},
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

/**
 * The name of a feature as the log has it.
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE when it is not known
 */
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

function askedFeatures({ features: asked = [] }: RequestedProtocol): readonly string[] {
  return asked.map(featureName)
}

function featuresNeeded(
  schema: StructType,
  configuration: Readonly<Record<string, string>>,
  present: ReadonlySet<string>,
): string[] {
  return features
    .filter(({ servedBy }) => servedBy === undefined || !present.has(servedBy))
    .filter(({ neededBy }) => neededBy?.({ configuration, schema }) !== undefined)
    .map(({ name }) => name)
}

function withRequired(names: readonly string[]): ReadonlySet<string> {
  const all = new Set(names)
  for (const name of all) for (const required of findFeature(name)?.requires ?? []) all.add(required)
  return all
}

/** The weakest protocol with exactly these features. `known`: whose reader features those not known here may be. */
function protocolOf(names: ReadonlySet<string>, known?: Protocol): Protocol {
  const isNative = (name: string) =>
    findFeature(name) !== undefined
      ? findFeature(name)?.kind === 'readerWriter' && findFeature(name)?.legacy === undefined
      : known?.readerFeatures?.includes(name) === true
  const readsMapping = [...names].some(name => (findFeature(name)?.legacy?.reader ?? 1) > 1)
  const minReaderVersion = [...names].some(isNative) ? 3 : readsMapping ? 2 : 1
  const versions = [...names].map(name => findFeature(name)?.legacy?.writer ?? 7)
  const legacy = Math.max(1, ...versions)
  const implied = impliedFeatures(minReaderVersion, legacy)
  if (legacy < 7 && implied.length === names.size && implied.every(name => names.has(name)))
    return { minReaderVersion, minWriterVersion: legacy }
  const sorted = [...names].sort()
  return {
    minReaderVersion,
    minWriterVersion: 7,
    ...(minReaderVersion >= 3
      ? { readerFeatures: sorted.filter(name => isNative(name) || findFeature(name)?.kind === 'readerWriter') }
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
