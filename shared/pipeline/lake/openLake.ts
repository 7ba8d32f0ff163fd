import { type Clock, systemClock } from '../../clock.js'
import { sharedTopics, type Stream, streamSet } from '../../contract/index.js'
import { DeltaTable } from '../../delta/index.js'
import { FileCache } from '../../query/index.js'
import type { Settings } from '../../settings/index.js'
import { openSource, registryConnection, type Source, sourceConnection, ValueFormats } from '../../sources/index.js'
import { MeteredStore, type ObjectStore, openStore } from '../../storage/index.js'
import { streams as declaredStreams } from '../../streams/index.js'
import { defaultPrices, type Logger, rowListener, type RunListener, silentLogger } from '../../telemetry/index.js'
import { ByteBudget, defaultBudget } from './byteBudget.js'
import type { Lake } from './lake.js'
import { parallelDownloads } from './openSession.js'
import { RunJournal } from './runJournal.js'
import { RunningDeliveries } from './runningDeliveries.js'
import { storeOptions } from './storeOptions.js'

/** Settings each of which has somebody told of runs. */
const collectorSettings = [
  'otelExporterOtlpEndpoint',
  'otelExporterOtlpTracesEndpoint',
  'otelExporterOtlpMetricsEndpoint',
  'openlineageUrl',
] as const

/** Parts that a caller brings instead of those that the settings name. */
export interface LakeParts {
  readonly store?: ObjectStore | undefined
  readonly source?: Source | undefined
  readonly streams?: readonly Stream[] | undefined
  readonly clock?: Clock | undefined
  readonly log?: Logger | undefined
  /** Who hears of runs besides the log. */
  readonly listeners?: readonly RunListener[] | undefined
  /** Called with what the source waits for, after two seconds without an answer; a warning in the log when absent. */
  readonly onWaiting?: ((sentence: string) => void) | undefined
}

/** Opens the lake that the settings name. Touches neither storage nor broker yet. */
export async function openLake(settings: Settings, parts: LakeParts = {}): Promise<Lake> {
  const clock = parts.clock ?? systemClock
  const log = parts.log ?? silentLogger
  const store = new MeteredStore(parts.store ?? (await openStore(settings.lakeUrl, storeOptions(settings))))
  const source = parts.source ?? openSource(sourceConnection(settings), { log, onWaiting: parts.onWaiting })
  const files = new FileCache({
    limitBytes: settings.tempLimit,
    temporaryFolder: settings.tempFolder,
    parallel: parallelDownloads({ settings }),
  })
  const journal = new RunJournal(store, clock, log)
  const tables = new Map<string, DeltaTable>()
  const streams = streamSet(parts.streams ?? declaredStreams)
  const isTold = collectorSettings.some(name => settings[name] !== undefined)
  const others = isTold
    ? await (await import('./runListeners.js')).openListeners(settings, { streams, clock, log })
    : []
  const listeners = [rowListener(log), ...others, ...(parts.listeners ?? [])]
  for (const [topic, names] of sharedTopics(streams)) {
    log.warn(
      `Streams ${names.join(' and ')} read the same topic, ${topic}: each has every record of it in its own tables.`,
      { topic },
    )
  }
  return {
    store,
    source,
    formats: new ValueFormats(registryConnection(settings), clock),
    streams,
    clock,
    log,
    listeners,
    settings,
    files,
    journal,
    budget: new ByteBudget(settings.bronzeMemoryBudget ?? defaultBudget()),
    deliveries: new RunningDeliveries(),
    prices: {
      ...defaultPrices,
      asOf: settings.costPricesAsOf,
      perGigabyteSecond: settings.costPerGbSecond,
      perMillionExecutions: settings.costPerMillionExecutions,
      per10000Reads: settings.costPer10kReads,
      per10000Writes: settings.costPer10kWrites,
      per10000Lists: settings.costPer10kWrites,
    },
    separable:
      parts.store === undefined &&
      parts.source === undefined &&
      parts.streams === undefined &&
      !settings.lakeUrl.startsWith('memory:'),
    table(path) {
      let table = tables.get(path)
      if (table === undefined) tables.set(path, (table = new DeltaTable(store.within(path), { clock })))
      return table
    },
    async close() {
      await journal.flush()
      const ends = listeners.map(listener => listener.close?.())
      await Promise.allSettled([source.close(), files[Symbol.asyncDispose](), ...ends])
    },
  }
}
