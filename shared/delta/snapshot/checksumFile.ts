import type { ObjectStore } from '../../storage/index.js'
import type { Action } from '../actions/index.js'
import { checksumPath } from '../log/index.js'
import { isOn, type TableState, type Totals } from '../protocol/index.js'
import { decodeVersionChecksum, encodeVersionChecksum } from './versionChecksum.js'

/** What a version checksum gives to a state. */
export interface StateChecksum {
  readonly actions: readonly Action[]
  readonly totals: Totals | undefined
  readonly inCommitTimestamp: number | undefined
}

/**
 * The state that `<version>.crc` holds, or `undefined` when it is missing, invalid, or leaves out the transactions or
 * domains: a writer that took these for none would write its rows twice.
 */
export async function readChecksumState(store: ObjectStore, version: number): Promise<StateChecksum | undefined> {
  const bytes = await store.get(checksumPath(version))
  if (bytes === undefined) return undefined
  const reading = decodeVersionChecksum(new TextDecoder().decode(bytes))
  if (reading.kind === 'invalid') return undefined
  const { protocol, metadata, setTransactions, domainMetadata, numFiles, tableSizeBytes, inCommitTimestamp } =
    reading.checksum
  if (setTransactions === undefined || domainMetadata === undefined) return undefined
  return {
    actions: [
      { protocol },
      { metaData: metadata },
      ...setTransactions.map(txn => ({ txn })),
      ...domainMetadata.map(domain => ({ domainMetadata: domain })),
    ],
    totals: { numFiles: Number(numFiles), sizeInBytes: tableSizeBytes },
    inCommitTimestamp,
  }
}

/**
 * Leaves `<version>.crc` behind for the next cold reader, unless there is one or the table's totals are not known
 * exactly. Never throws: the commit has happened, and the file is a convenience.
 */
export async function writeChecksum(store: ObjectStore, state: TableState, txnId: string): Promise<void> {
  const { version, protocol, metadata, totals, txns, domains, timestamp } = state
  if (totals === undefined) return
  const keepsTime = isOn(metadata.configuration, 'delta.enableInCommitTimestamps')
  try {
    const text = encodeVersionChecksum({
      txnId,
      tableSizeBytes: totals.sizeInBytes,
      numFiles: BigInt(totals.numFiles),
      inCommitTimestamp: keepsTime ? timestamp : undefined,
      setTransactions: [...txns.values()],
      domainMetadata: [...domains.values()],
      metadata,
      protocol,
    })
    await store.putIfAbsent(checksumPath(version), new TextEncoder().encode(text))
  } catch {
    // The next reader replays a few commits more.
  }
}
