import type { Json } from '../../types/index.js'

/**
 * The actions of a Delta commit, with the protocol's own names (PROTOCOL.md, "Actions"). Whatever can exceed 2^53 is a
 * bigint; `version` of a table stays a number.
 */

/**
 * The least versions, and the features, that readers and writers need (PROTOCOL.md, "Protocol Evolution"). Features are
 * listed at reader version 3 and writer version 7 only.
 */
export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  readonly readerFeatures?: readonly string[] | undefined
  readonly writerFeatures?: readonly string[] | undefined
}

/**
 * Schema, partitioning and properties of the table (PROTOCOL.md, "Change Metadata"): each replaces the one before as a
 * whole.
 */
export interface Metadata {
  /** The table's id; a recreated table has another one. */
  readonly id: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> }
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly createdTime?: number | undefined
}

/**
 * Where the set of a file's deleted rows is stored (PROTOCOL.md, "Deletion Vectors"): in a file, or inline in the
 * action.
 */
export interface DeletionVector {
  /** `u`: a file by its id; `i`: inline; `p`: a file by its absolute path. */
  readonly storageType: 'u' | 'i' | 'p'
  readonly pathOrInlineDv: string
  /** Bytes into the file. */
  readonly offset?: number | undefined
  readonly sizeInBytes: number
  /** Rows that are deleted. */
  readonly cardinality: bigint
}

/**
 * A data file that is part of the table (PROTOCOL.md, "Add File and Remove File"). It replaces an earlier `add` of the
 * same path and deletion vector.
 */
export interface AddFile {
  /** As the log has it: URI-encoded, relative to the table or absolute. See dataPath.ts. */
  readonly path: string
  /** By physical name, as text; see partitionValue.ts. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modificationTime: number
  readonly dataChange: boolean
  /** The statistics' JSON text, untouched. See stats.ts. */
  readonly stats?: string | undefined
  readonly tags?: Readonly<Record<string, string | null>> | undefined
  readonly deletionVector?: DeletionVector | undefined
  readonly baseRowId?: bigint | undefined
  readonly defaultRowCommitVersion?: bigint | undefined
  readonly clusteringProvider?: string | undefined
}

/**
 * A tombstone: the file with this path and deletion vector is no longer part of the table (PROTOCOL.md, "Add File and
 * Remove File"). The object stays, for readers of older versions, until the retention has passed.
 */
export interface RemoveFile {
  readonly path: string
  readonly dataChange: boolean
  /** Milliseconds since 1970. */
  readonly deletionTimestamp?: number | undefined
  readonly extendedFileMetadata?: boolean | undefined
  readonly partitionValues?: Readonly<Record<string, string | null>> | undefined
  readonly size?: number | undefined
  readonly stats?: string | undefined
  readonly tags?: Readonly<Record<string, string | null>> | undefined
  readonly deletionVector?: DeletionVector | undefined
  readonly baseRowId?: bigint | undefined
  readonly defaultRowCommitVersion?: bigint | undefined
}

/**
 * How far an application has progressed (PROTOCOL.md, "Transaction Identifiers"). `version` counts in the application's
 * own terms; the newest of each `appId` holds.
 */
export interface Txn {
  readonly appId: string
  readonly version: bigint
  /** Milliseconds since 1970. */
  readonly lastUpdated?: number | undefined
}

/**
 * A file with the rows that its commit changed, for readers of the change data feed alone (PROTOCOL.md, "Add CDC
 * File"). `size` is in bytes.
 */
export interface CdcFile {
  readonly path: string
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly size: number
  readonly dataChange: false
  readonly tags?: Readonly<Record<string, string | null>> | undefined
}

/**
 * Free text that a feature or an application keeps with the table (PROTOCOL.md, "Domain Metadata"). The newest of each
 * domain holds; `removed` ends it.
 */
export interface DomainMetadata {
  readonly domain: string
  readonly configuration: string
  readonly removed: boolean
}

/** Free JSON by the protocol; these are the fields this writer sets or reads. */
export interface CommitInfo {
  readonly timestamp?: number | undefined
  readonly inCommitTimestamp?: number | undefined
  readonly operation?: string | undefined
  readonly operationParameters?: Json | undefined
  readonly operationMetrics?: Readonly<Record<string, string>> | undefined
  readonly readVersion?: number | undefined
  readonly isolationLevel?: string | undefined
  readonly isBlindAppend?: boolean | undefined
  readonly engineInfo?: string | undefined
  /** The same over all attempts of one transaction: how a writer recognises its own commit. */
  readonly txnId?: string | undefined
  readonly [field: string]: Json | undefined
}

/** Names the version of a V2 checkpoint; found there and never in a commit (PROTOCOL.md, "Checkpoint Metadata"). */
export interface CheckpointMetadata {
  readonly version: number
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/**
 * A file with file actions of a V2 checkpoint (PROTOCOL.md, "Sidecar File Information"). `modificationTime` is in
 * milliseconds since 1970.
 */
export interface Sidecar {
  readonly path: string
  readonly sizeInBytes: number
  readonly modificationTime: number
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/** One action: exactly one of the keys is set, as in the log. */
export type Action =
  | { readonly protocol: Protocol }
  | { readonly metaData: Metadata }
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly cdc: CdcFile }
  | { readonly domainMetadata: DomainMetadata }
  | { readonly commitInfo: CommitInfo }
  | { readonly checkpointMetadata: CheckpointMetadata }
  | { readonly sidecar: Sidecar }
