import type { TableDefinition } from '../../shared/delta/index.js'
import type { Engine } from '../harness/otherReaders.js'
import type { TableChanges } from './tableChanges.js'

/** A table that this project writes, others read and change, and this project reads again. */
export interface FeatureTable {
  readonly name: string
  readonly definition: Omit<TableDefinition, 'createdTime'>
  /** What this project does with it after it is made. */
  readonly write: (writer: TableChanges) => Promise<void>
  /** What Spark does then, when it is not the usual; every table has the columns `id` and `s`. */
  readonly then?: readonly string[]
  /** What Spark must not be able to do, and what it says. */
  readonly refused?: readonly (readonly [sql: string, why: RegExp])[]
  /** Engines that cannot read it: what they say, or what they read that is not there. */
  readonly unread?: Partial<Record<Engine, RegExp | string>>
  /** The version from which its change feed can be read. */
  readonly changesFrom?: number
  /** What delta-rs says against steps that it cannot do here, and against reading the change feed. */
  readonly deltaRsRefuses?: Partial<Record<DeltaRsStep | 'feed', RegExp>>
  /** The id of the row that DuckDB appends once more; 4 when absent. */
  readonly duckDbCopies?: number
  /** What DuckDB says against an INSERT; or what this project says of the table after it, when that is wrong. */
  readonly duckDbRefuses?: RegExp | { readonly breaks: RegExp }
  /** What this project does with it after all the others, when it is not the usual. */
  readonly further?: (writer: TableChanges) => Promise<void>
}

/** What delta-rs does with each table, in this order; change_deltars.py knows how. */
export const deltaRsSteps = ['append', 'update', 'merge', 'delete', 'optimize', 'checkpoint'] as const

export type DeltaRsStep = (typeof deltaRsSteps)[number]

/** What delta-rs says to every commit, for lack of a feature. */
export const deltaRsLacks = (feature: string) => {
  const why = new RegExp(`Unsupported table features required: \\[.*${feature}`)
  return { append: why, update: why, merge: why, delete: why, optimize: why }
}
/** What it says where columns have other names in files. */
export const deltaRsCannotMap = {
  optimize: /Column mapping is not supported for write operation 'OPTIMIZE'/,
  feed: /Column mapping is not supported for read operation 'CHANGE DATA FEED scans'/,
}
