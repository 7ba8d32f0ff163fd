import type { Reconciliation } from './reconciliation.js'
import type { FileTotals } from './tableHealth.js'

/** How far each table was observed: with its id, because a recreated table is observed from its beginning. */
export type TablePositions = Readonly<Record<string, TablePosition>>

/** One table as it was observed: its id, the version and the files it had then. */
export interface TablePosition extends FileTotals {
  readonly id: string
  readonly version: number
}

/** What one run of the monitor leaves of a stream for the next. */
export interface MonitorState {
  readonly reconciliation: Reconciliation
  readonly positions: TablePositions
}
