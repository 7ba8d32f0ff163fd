import { asError } from '../../errors.js'
import { formatJson, isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from '../../types/index.js'
import {
  type AddFile,
  decodeAction,
  type DomainMetadata,
  type Metadata,
  type Protocol,
  type Txn,
} from '../actions/index.js'

/**
 * The content of `<version>.crc`: a table's state as of one version, in one small file (PROTOCOL.md, "Version Checksum
 * File").
 */
export interface VersionChecksum {
  readonly txnId?: string | undefined
  readonly tableSizeBytes: bigint
  readonly numFiles: bigint
  readonly inCommitTimestamp?: number | undefined
  /** All live transactions; undefined when the file leaves them out, which is not the same as none. */
  readonly setTransactions?: readonly Txn[] | undefined
  /** All live domains; undefined when the file leaves them out. */
  readonly domainMetadata?: readonly DomainMetadata[] | undefined
  readonly metadata: Metadata
  readonly protocol: Protocol
  /** All live files; undefined when the file leaves them out. */
  readonly allFiles?: readonly AddFile[] | undefined
}

/** The file is optional and may be torn, so an unreadable one is an outcome: replay the log instead. */
export type VersionChecksumReading =
  { readonly kind: 'valid'; readonly checksum: VersionChecksum } | { readonly kind: 'invalid'; readonly why: string }

/** Reads the text of a version checksum. Never throws: damaged text is `invalid`, with the reason. */
export function decodeVersionChecksum(text: string): VersionChecksumReading {
  try {
    return readChecksum(parseJson(text))
  } catch (error) {
    return { kind: 'invalid', why: asError(error).message }
  }
}

function readChecksum(json: Json): VersionChecksumReading {
  if (!isJsonObject(json)) return { kind: 'invalid', why: 'it is not a JSON object' }
  const { txnId, inCommitTimestampOpt } = json
  const metadata = json['metadata'] === undefined ? undefined : decodeAction({ metaData: json['metadata'] })
  const protocol = json['protocol'] === undefined ? undefined : decodeAction({ protocol: json['protocol'] })
  const tableSizeBytes = whole(json['tableSizeBytes'])
  const numFiles = whole(json['numFiles'])
  if (tableSizeBytes === undefined || numFiles === undefined) return { kind: 'invalid', why: 'its totals are missing' }
  if (metadata === undefined || !('metaData' in metadata)) return { kind: 'invalid', why: 'it has no metadata' }
  if (protocol === undefined || !('protocol' in protocol)) return { kind: 'invalid', why: 'it has no protocol' }
  return {
    kind: 'valid',
    checksum: {
      txnId: typeof txnId === 'string' ? txnId : undefined,
      tableSizeBytes,
      numFiles,
      inCommitTimestamp: typeof inCommitTimestampOpt === 'number' ? inCommitTimestampOpt : undefined,
      setTransactions: list(json, 'setTransactions', body => {
        const action = decodeAction({ txn: body })
        return action !== undefined && 'txn' in action ? action.txn : undefined
      }),
      domainMetadata: list(json, 'domainMetadata', body => {
        const action = decodeAction({ domainMetadata: body })
        return action !== undefined && 'domainMetadata' in action ? action.domainMetadata : undefined
      }),
      metadata: metadata.metaData,
      protocol: protocol.protocol,
      allFiles: list(json, 'allFiles', body => {
        const action = decodeAction({ add: body })
        return action !== undefined && 'add' in action ? action.add : undefined
      }),
    },
  }
}

/** The text of the file. Totals must be exact; leave out what is not known rather than guess. */
export function encodeVersionChecksum(checksum: VersionChecksum): string {
  const { txnId, tableSizeBytes, numFiles, inCommitTimestamp, setTransactions, domainMetadata } = checksum
  return formatJson({
    txnId,
    tableSizeBytes,
    numFiles,
    numMetadata: 1,
    numProtocol: 1,
    inCommitTimestampOpt: inCommitTimestamp,
    setTransactions: setTransactions as readonly unknown[] as readonly Json[] | undefined,
    domainMetadata: domainMetadata as readonly unknown[] as readonly Json[] | undefined,
    metadata: checksum.metadata as unknown as JsonObject,
    protocol: checksum.protocol as unknown as JsonObject,
    allFiles: checksum.allFiles as readonly unknown[] as readonly Json[] | undefined,
  })
}

function list<T>(json: JsonObject, field: string, read: (body: Json) => T | undefined): T[] | undefined {
  const value = json[field]
  if (!isJsonArray(value)) return undefined
  const items = value.map(read)
  return items.every(item => item !== undefined) ? items : undefined
}

function whole(value: Json | undefined): bigint | undefined {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
    ? BigInt(value)
    : undefined
}
