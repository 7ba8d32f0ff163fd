import { namedValues, parseColumnList } from '../../types/index.js'
import { DeltaError } from '../deltaError.js'
import { parseInterval } from './interval.js'
import { defaultTombstoneRetention } from './tombstoneRetention.js'

/**
 * The properties of a table that begin with `delta.`, as a closed list, and the values each may have. Properties of
 * other names are the user's own and may have any value.
 */
interface PropertyKind {
  /** In words, for a message. */
  readonly expects: string
  accepts(value: string): boolean
}

const boolean: PropertyKind = { expects: 'true or false', accepts: value => /^(?:true|false)$/i.test(value) }
const interval: PropertyKind = {
  expects: 'a length of time like "interval 30 days", without months and years',
  accepts: value => isInterval(value),
}
const atLeast = (least: number): PropertyKind => ({
  expects: `a whole number of ${least} or more`,
  accepts: value => /^[+-]?\d{1,9}$/.test(value) && Number(value) >= least,
})
const oneOf = (...values: readonly string[]): PropertyKind => ({
  expects: values.join(' or '),
  accepts: value => values.includes(value),
})
const size: PropertyKind = {
  expects: 'a number of bytes like 134217728 or 128mb',
  accepts: value => /^\s*0*[1-9]\d*\s*[kmgt]?b?\s*$/i.test(value),
}
const columnList: PropertyKind = {
  expects: 'names of columns separated by commas, with special characters in backticks',
  accepts: value => parseColumnList(value).length > 0,
}

const known: Readonly<Record<string, PropertyKind>> = {
  'delta.appendOnly': boolean,
  'delta.autoOptimize': boolean,
  'delta.autoOptimize.autoCompact': oneOf('true', 'false', 'auto'),
  'delta.autoOptimize.optimizeWrite': boolean,
  'delta.castIcebergTimeType': boolean,
  'delta.checkpoint.writeStatsAsJson': boolean,
  'delta.checkpoint.writeStatsAsStruct': boolean,
  'delta.checkpointInterval': atLeast(1),
  'delta.checkpointPolicy': oneOf('classic', 'v2'),
  'delta.checkpointRetentionDuration': interval,
  'delta.columnMapping.mode': oneOf('none', 'name', 'id'),
  'delta.compatibility.symlinkFormatManifest.enabled': boolean,
  'delta.dataSkippingNumIndexedCols': atLeast(-1),
  'delta.dataSkippingStatsColumns': columnList,
  'delta.dataSkippingStringPrefixLength': atLeast(0),
  'delta.deletedFileRetentionDuration': interval,
  'delta.dropFeatureTruncateHistory.retentionDuration': interval,
  'delta.enableChangeDataCapture': boolean,
  'delta.enableChangeDataFeed': boolean,
  'delta.enableDeletionVectors': boolean,
  'delta.enableExpiredLogCleanup': boolean,
  'delta.enableFullRetentionRollback': boolean,
  'delta.enableIcebergCompatV1': boolean,
  'delta.enableIcebergCompatV2': boolean,
  'delta.enableIcebergCompatV3': boolean,
  'delta.enableInCommitTimestamps': boolean,
  'delta.enableMaterializePartitionColumnsFeature': boolean,
  'delta.enableRowTracking': boolean,
  'delta.enableTypeWidening': boolean,
  'delta.enableVariantShredding': boolean,
  'delta.ignoreIcebergBucketPartition': boolean,
  'delta.isolationLevel': oneOf('Serializable'),
  'delta.logRetentionDuration': interval,
  'delta.parquet.compression.codec': oneOf('zstd', 'snappy', 'uncompressed'),
  'delta.randomizeFilePrefixes': boolean,
  'delta.randomPrefixLength': atLeast(1),
  'delta.rowTrackingSuspended': boolean,
  'delta.sampleRetentionDuration': interval,
  'delta.setTransactionRetentionDuration': interval,
  'delta.targetFileSize': size,
  'delta.tuneFileSizesForRewrites': boolean,
}

/** Written by the engine alone, as part of what they belong to. */
const internal: ReadonlySet<string> = new Set(
  [
    'delta.columnMapping.maxColumnId',
    'delta.inCommitTimestampEnablementVersion',
    'delta.inCommitTimestampEnablementTimestamp',
    'delta.requireCheckpointProtectionBeforeVersion',
    'delta.rowTracking.materializedRowIdColumnName',
    'delta.rowTracking.materializedRowCommitVersionColumnName',
  ].map(name => name.toLowerCase()),
)

const byLowerCase: ReadonlyMap<string, string> = new Map(Object.keys(known).map(name => [name.toLowerCase(), name]))

/** Where check constraints are kept: `delta.constraints.<name in lower case>`. */
export const constraintPrefix = 'delta.constraints.'
/**
 * `delta.feature.<name>`, as which a feature can be asked for; it is listed in the protocol then, not among the
 * properties.
 */
const featurePrefix = 'delta.feature.'

/** Properties as given, divided by where they end up. */
export interface GivenProperties {
  /** For `metaData.configuration`, under the names that all engines use. */
  readonly configuration: Readonly<Record<string, string>>
  /** Features asked for by name, as given. */
  readonly features: readonly string[]
  /** Asked-for versions of the protocol. */
  readonly minReaderVersion?: number | undefined
  readonly minWriterVersion?: number | undefined
}

/**
 * Checks properties and divides them.
 *
 * @throws DeltaError DELTA_BAD_PROPERTY for one that is not known, that only the engine may write, or whose value is
 * invalid: with the property, the value and what is expected in the message
 */
export function readProperties(given: Readonly<Record<string, string>>): GivenProperties {
  const configuration = namedValues<string>()
  const features: string[] = []
  const versions = namedValues<number>()
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase()
    if (lower.startsWith(featurePrefix)) {
      if (!/^(?:supported|enabled)$/i.test(value)) throw badValue(name, value, 'supported')
      features.push(name.slice(featurePrefix.length))
    } else if (lower === 'delta.minreaderversion' || lower === 'delta.minwriterversion') {
      const which = lower === 'delta.minreaderversion' ? 'minReaderVersion' : 'minWriterVersion'
      const most = which === 'minReaderVersion' ? 3 : 7
      if (!/^\d$/.test(value) || Number(value) < 1 || Number(value) > most)
        throw badValue(name, value, `a whole number from 1 to ${most}`)
      versions[which] = Number(value)
    } else if (lower !== 'delta.ignoreprotocoldefaults') configuration[propertyName(name)] = checkValue(name, value)
  }
  return { configuration, features, ...versions }
}

/**
 * @throws DeltaError DELTA_BAD_PROPERTY when the log would forget commits before it forgets the files they removed, or
 * when two properties contradict each other
 */
export function checkTogether(configuration: Readonly<Record<string, string>>): void {
  const log = configuration['delta.logRetentionDuration']
  const files = configuration['delta.deletedFileRetentionDuration']
  if (
    isLonger(files ?? defaultTombstoneRetention, log ?? 'interval 30 days') &&
    (log !== undefined || files !== undefined)
  ) {
    const [name, value] =
      log === undefined ? ['delta.deletedFileRetentionDuration', files ?? ''] : ['delta.logRetentionDuration', log]
    throw badValue(
      name,
      value,
      `delta.logRetentionDuration (${log ?? '30 days'}) to be no shorter than delta.deletedFileRetentionDuration (${files ?? defaultTombstoneRetention.replace('interval ', '')})`,
    )
  }
  if (isOn(configuration, 'delta.enableRowTracking') && isOn(configuration, 'delta.rowTrackingSuspended'))
    throw badValue('delta.rowTrackingSuspended', 'true', 'false while delta.enableRowTracking is true')
}

/** The name of a property as all engines write it, whatever the case it was given in. */
export function propertyName(name: string): string {
  return byLowerCase.get(name.toLowerCase()) ?? name
}

/** The properties but those named. */
export function without(
  configuration: Readonly<Record<string, string>>,
  ...names: readonly string[]
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => !names.includes(name)))
}

/** Whether a property is true. */
export function isOn(configuration: Readonly<Record<string, string>>, name: string): boolean {
  return configuration[name]?.toLowerCase() === 'true'
}

/** The names of all properties that begin with `delta.` and may be set. */
export function knownProperties(): readonly string[] {
  return Object.keys(known)
}

/** Whether only the engine may write the property. */
export function isInternalProperty(name: string): boolean {
  return internal.has(name.toLowerCase())
}

function checkValue(name: string, value: string): string {
  const lower = name.toLowerCase()
  if (!lower.startsWith('delta.') || lower.startsWith(constraintPrefix)) return value
  if (internal.has(lower))
    throw new DeltaError('DELTA_BAD_PROPERTY', `${name} is written by the engine and cannot be set`, {
      data: { property: name, value },
    })
  const kind = known[propertyName(name)]
  if (kind === undefined) {
    throw new DeltaError(
      'DELTA_BAD_PROPERTY',
      `${name} is no property of a table${nearest(lower)}; names of your own must not begin with "delta."`,
      {
        data: { property: name, value },
      },
    )
  }
  if (!kind.accepts(value)) throw badValue(name, value, kind.expects)
  return value
}

function badValue(property: string, value: string, expects: string): DeltaError {
  return new DeltaError('DELTA_BAD_PROPERTY', `${property} is ${JSON.stringify(value)}; expected ${expects}`, {
    data: { property, value },
  })
}

/** A known name that was probably meant. */
function nearest(lower: string): string {
  const best = [...byLowerCase]
    .map(([key, name]) => ({ name, distance: editDistance(key, lower) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= 3 ? ` (did you mean ${best.name}?)` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function isInterval(text: string): boolean {
  try {
    return parseInterval(text) >= 0
  } catch {
    return false
  }
}

function isLonger(a: string, b: string): boolean {
  return isInterval(a) && isInterval(b) && parseInterval(a) > parseInterval(b)
}
