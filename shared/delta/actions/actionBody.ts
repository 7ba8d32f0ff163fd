import type { DeletionVector, Metadata, Protocol, Txn } from './actions.js'

/**
 * The fields of one action, each read as the type it must have; null is absent. An action comes as JSON of the log, or
 * as a row of a checkpoint.
 */
export interface ActionFields<Inner = unknown> {
  /** The error for a field that is not what it must be. */
  wrong(field: string, wanted: string): Error
  text(field: string): string
  optionalText(field: string): string | undefined
  number(field: string): number
  optionalNumber(field: string): number | undefined
  long(field: string): bigint
  optionalTexts(field: string): readonly string[] | undefined
  /** Without its null values. */
  optionalStringMap(field: string): Readonly<Record<string, string>> | undefined
  optionalObject(field: string): Inner | undefined
}

type NestedFields = ActionFields<ActionFields>

/** The body of `protocol`. */
export function protocolOf(f: ActionFields): Protocol {
  return {
    minReaderVersion: f.number('minReaderVersion'),
    minWriterVersion: f.number('minWriterVersion'),
    readerFeatures: f.optionalTexts('readerFeatures'),
    writerFeatures: f.optionalTexts('writerFeatures'),
  }
}

/** The body of `metaData`. */
export function metadataOf(f: NestedFields): Metadata {
  const format = f.optionalObject('format')
  return {
    id: f.text('id'),
    name: f.optionalText('name'),
    description: f.optionalText('description'),
    format: {
      provider: format?.optionalText('provider') ?? 'parquet',
      options: format?.optionalStringMap('options') ?? {},
    },
    // Logs exist without one; other engines take them for a table without columns.
    schemaString: f.optionalText('schemaString') ?? '{"type":"struct","fields":[]}',
    partitionColumns: f.optionalTexts('partitionColumns') ?? [],
    configuration: f.optionalStringMap('configuration') ?? {},
    createdTime: f.optionalNumber('createdTime'),
  }
}

/** The body of `txn`. */
export function txnOf(f: ActionFields): Txn {
  return { appId: f.text('appId'), version: f.long('version'), lastUpdated: f.optionalNumber('lastUpdated') }
}

/** The deletion vector of a file. */
export function deletionVectorOf(f: ActionFields | undefined): DeletionVector | undefined {
  if (f === undefined) return undefined
  const storageType = f.text('storageType')
  if (storageType !== 'u' && storageType !== 'i' && storageType !== 'p')
    throw f.wrong('storageType', `u, i or p, not ${JSON.stringify(storageType)}`)
  return {
    storageType,
    pathOrInlineDv: f.text('pathOrInlineDv'),
    offset: f.optionalNumber('offset'),
    sizeInBytes: f.number('sizeInBytes'),
    cardinality: f.long('cardinality'),
  }
}
