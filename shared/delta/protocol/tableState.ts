import type { StructType } from '../../types/index.js'
import type { DomainMetadata, Metadata, Protocol, Txn } from '../actions/index.js'

/** A table at one version, without its files: all an appender needs. */
export interface TableState {
  readonly version: number
  readonly protocol: Protocol
  readonly metadata: Metadata
  readonly schema: StructType
  readonly txns: ReadonlyMap<string, Txn>
  /** The live ones. */
  readonly domains: ReadonlyMap<string, DomainMetadata>
  /**
   * Milliseconds since 1970: the version's in-commit timestamp, or its log file's time; for a version this process
   * has just committed, the writer's clock.
   */
  readonly timestamp: number
  /** How many files the table has and their bytes; absent when only a snapshot could count them. */
  readonly totals?: Totals | undefined
}

/** Exact, or not there at all. */
export interface Totals {
  readonly numFiles: number
  readonly sizeInBytes: bigint
}
