import type { StructType } from '../../types/index.js'
import type { Metadata, Protocol } from '../actions/index.js'
import { hasGeospatialTypes } from '../schema/index.js'
import { activeUse, type Feature, type Support, type WriteKind } from './feature.js'
import { features, findFeature } from './features.js'

/** Whether this reader or writer may proceed, and otherwise why not. */
export type FeatureCheck =
  { readonly ok: true } | { readonly ok: false; readonly features: readonly string[]; readonly why: string }

/** Whether this reader understands the table: {@link FeatureCheck} names what it does not. */
export function checkReadable(protocol: Protocol, metadata: Metadata): FeatureCheck {
  const broken = inconsistency(protocol)
  if (broken !== undefined) return refuse([], broken)
  if (protocol.minReaderVersion > 3)
    return refuse([], `it needs reader version ${protocol.minReaderVersion}; this reader knows versions up to 3`)
  return checkFeatures(
    readerFeaturesOf(protocol),
    feature => feature.read,
    feature => activeUse(feature, { configuration: metadata.configuration }, 'append'),
    'read',
  )
}

/**
 * Whether this writer may add to the table (`write`: what it is about to do) and meet all its requirements. A table
 * that lists a feature, or whose version implies it, is fine as long as nothing uses what this writer cannot do.
 *
 * @param keeps features whose requirements the write meets
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
  return checkFeatures(
    writerFeaturesOf(protocol),
    support,
    feature => activeUse(feature, { configuration: metadata.configuration, schema }, write),
    'write',
  )
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

function checkFeatures(
  names: readonly string[],
  support: (feature: Feature) => Support,
  active: (feature: Feature) => string | undefined,
  verb: string,
): FeatureCheck {
  const refused: string[] = []
  const reasons: string[] = []
  for (const name of names) {
    const feature = findFeature(name)
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
