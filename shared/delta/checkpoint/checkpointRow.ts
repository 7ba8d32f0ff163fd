import type { Column, MapEntry, Row, Value } from '../../types/index.js'
import {
  type Action,
  type ActionFields,
  type AddFile,
  type DeletionVector,
  deletionVectorOf,
  metadataOf,
  protocolOf,
  type RemoveFile,
  type Sidecar,
  txnOf,
} from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'

/**
 * The rows of a Parquet checkpoint as actions: one column for each kind of action, exactly one of them set in a row.
 *
 * @param statsOf the statistics of an `add` whose file has them as a struct only
 */
export function checkpointActions(
  columns: readonly Column[],
  where: LogPlace,
  statsOf?: (add: Row) => string | undefined,
): Action[] {
  const actions: Action[] = []
  const length = columns[0]?.data.length ?? 0
  for (let row = 0; row < length; row++) {
    for (const { field, data } of columns) {
      const value = data[row]
      if (value === null || value === undefined || typeof value !== 'object') continue
      const action = decodeRow(field.name, value as Row, where, statsOf)
      if (action !== undefined) actions.push(action)
    }
  }
  return actions
}

function decodeRow(
  name: string,
  row: Row,
  where: LogPlace,
  statsOf?: (add: Row) => string | undefined,
): Action | undefined {
  const f = new RowFields(name, row, where)
  switch (name) {
    case 'add':
      return { add: addFile(f, statsOf) }
    case 'remove':
      return { remove: removeFile(f) }
    case 'txn':
      return { txn: txnOf(f) }
    case 'metaData':
      return { metaData: metadataOf(f) }
    case 'protocol':
      return { protocol: protocolOf(f) }
    case 'domainMetadata':
      return {
        domainMetadata: {
          domain: f.text('domain'),
          configuration: f.optionalText('configuration') ?? '',
          removed: f.optionalBoolean('removed') ?? false,
        },
      }
    case 'sidecar':
      return { sidecar: sidecar(f) }
    default:
      return undefined
  }
}

function addFile(f: RowFields, statsOf?: (add: Row) => string | undefined): AddFile {
  return {
    path: f.text('path'),
    partitionValues: f.map('partitionValues') ?? {},
    size: f.number('size'),
    modificationTime: f.number('modificationTime'),
    dataChange: f.optionalBoolean('dataChange') ?? false,
    stats: f.optionalText('stats') ?? statsOf?.(f.row),
    tags: f.map('tags'),
    deletionVector: deletionVector(f.optionalObject('deletionVector')),
    baseRowId: f.optionalLong('baseRowId'),
    defaultRowCommitVersion: f.optionalLong('defaultRowCommitVersion'),
    clusteringProvider: f.optionalText('clusteringProvider'),
  }
}

function removeFile(f: RowFields): RemoveFile {
  return {
    path: f.text('path'),
    dataChange: f.optionalBoolean('dataChange') ?? false,
    deletionTimestamp: f.optionalNumber('deletionTimestamp'),
    extendedFileMetadata: f.optionalBoolean('extendedFileMetadata'),
    partitionValues: f.map('partitionValues'),
    size: f.optionalNumber('size'),
    deletionVector: deletionVector(f.optionalObject('deletionVector')),
    baseRowId: f.optionalLong('baseRowId'),
    defaultRowCommitVersion: f.optionalLong('defaultRowCommitVersion'),
  }
}

/** Some writers leave a struct of nulls where there is no deletion vector. */
function deletionVector(f: RowFields | undefined): DeletionVector | undefined {
  return f?.optionalText('storageType') === undefined ? undefined : deletionVectorOf(f)
}

function sidecar(f: RowFields): Sidecar {
  return {
    path: f.text('path'),
    sizeInBytes: f.number('sizeInBytes'),
    modificationTime: f.optionalNumber('modificationTime') ?? 0,
    tags: f.optionalStringMap('tags') ?? {},
  }
}

/** The fields of one struct value, each read as the type it must have; null is absent. */
class RowFields implements ActionFields<ActionFields> {
  readonly row: Row
  readonly #name: string
  readonly #where: LogPlace

  constructor(name: string, row: Row, where: LogPlace) {
    this.row = row
    this.#name = name
    this.#where = where
  }

  wrong(field: string, wanted: string): DeltaError {
    return new DeltaError('DELTA_CHECKPOINT_CORRUPT', `${this.#name}.${field} must be ${wanted}`, {
      where: this.#where,
    })
  }

  text(field: string): string {
    const value = this.optionalText(field)
    if (value === undefined) throw this.wrong(field, 'there')
    return value
  }

  optionalText(field: string): string | undefined {
    const value = this.#value(field)
    if (value === undefined || typeof value === 'string') return value
    throw this.wrong(field, 'a string')
  }

  optionalBoolean(field: string): boolean | undefined {
    const value = this.#value(field)
    if (value === undefined || typeof value === 'boolean') return value
    throw this.wrong(field, 'a boolean')
  }

  number(field: string): number {
    const value = this.optionalNumber(field)
    if (value === undefined) throw this.wrong(field, 'there')
    return value
  }

  optionalNumber(field: string): number | undefined {
    const value = this.#value(field)
    if (value === undefined) return undefined
    const number = typeof value === 'bigint' ? Number(value) : value
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number
    throw this.wrong(field, 'an integer below 2^53')
  }

  long(field: string): bigint {
    const value = this.optionalLong(field)
    if (value === undefined) throw this.wrong(field, 'there')
    return value
  }

  optionalLong(field: string): bigint | undefined {
    const value = this.#value(field)
    if (value === undefined || typeof value === 'bigint') return value
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
    throw this.wrong(field, 'an integer')
  }

  optionalTexts(field: string): readonly string[] | undefined {
    const value = this.#value(field)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw this.wrong(field, 'an array of strings')
    return value.filter((item): item is string => typeof item === 'string')
  }

  map(field: string): Readonly<Record<string, string | null>> | undefined {
    const value = this.#value(field)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw this.wrong(field, 'a map')
    return Object.fromEntries(
      (value as readonly MapEntry[]).map(entry => [textOf(entry.key) ?? '', textOf(entry.value)]),
    )
  }

  optionalStringMap(field: string): Readonly<Record<string, string>> | undefined {
    const map = this.map(field)
    if (map === undefined) return undefined
    return Object.fromEntries(Object.entries(map).filter((entry): entry is [string, string] => entry[1] !== null))
  }

  optionalObject(field: string): RowFields | undefined {
    const value = this.#value(field)
    if (value === undefined) return undefined
    if (typeof value !== 'object') throw this.wrong(field, 'a struct')
    return new RowFields(`${this.#name}.${field}`, value as Row, this.#where)
  }

  #value(field: string): Value | undefined {
    return this.row[field] ?? undefined
  }
}

function textOf(value: Value): string | null {
  return typeof value === 'string' ? value : null
}
