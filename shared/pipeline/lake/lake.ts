import type { Clock } from '../../clock.js'
import type { Stream } from '../../contract/index.js'
import type { DeltaTable } from '../../delta/index.js'
import type { FileCache } from '../../query/index.js'
import type { Settings } from '../../settings/index.js'
import type { Source, ValueFormats } from '../../sources/index.js'
import type { MeteredStore } from '../../storage/index.js'
import type { Logger, Prices, RunListener } from '../../telemetry/index.js'
import type { ByteBudget } from './byteBudget.js'
import type { RunJournal } from './runJournal.js'
import type { RunningDeliveries } from './runningDeliveries.js'

/** Everything a step of the pipeline works with: one per process, shared by functions, command line and tests. */
export interface Lake {
  /** The lake's root; a table is the folder of its name. */
  readonly store: MeteredStore
  readonly streams: readonly Stream[]
  readonly source: Source
  /** Reads values in the formats that the streams declare. */
  readonly formats: ValueFormats
  readonly clock: Clock
  readonly settings: Settings
  readonly prices: Prices
  readonly log: Logger
  /** Who hears of runs. */
  readonly listeners: readonly RunListener[]
  /** Runs that commit nothing. */
  readonly journal: RunJournal
  /** Data files on the local disk, for DuckDB. */
  readonly files: FileCache
  /** Bytes of records that bronze has in work at once, in all of this process's threads. */
  readonly budget: ByteBudget
  /** What maintenance lets pass. */
  readonly deliveries: RunningDeliveries
  /** Whether another thread can open the same store and source from the settings alone. */
  readonly separable: boolean
  /** The Delta table in that folder, e.g. `bronze/events` or `monitor_logs`; it need not exist yet. */
  table(path: string): DeltaTable
  /** Writes what is gathered and closes connections. */
  close(): Promise<void>
}
