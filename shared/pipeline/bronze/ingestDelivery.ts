import type { Stream } from '../../contract/stream.js'
import { bronzePath } from '../../contract/tables.js'
import type { Lake } from '../lake.js'
import { PipelineError } from '../pipelineError.js'
import type { StepRun } from '../stepRun.js'
import { appendBronze, countsOf } from './append.js'
import { layoutOf, openBronze } from './bronzeTable.js'
import { catchUpStream } from './catchUp.js'
import { CommitPace } from './commitPace.js'
import { coverDelivery } from './cover.js'
import type { Delivery } from './delivery.js'
import { encodeCoverage } from './encode.js'
import { readProgress } from './progress.js'

export interface IngestResult {
  readonly rows: number
  readonly bytes: number
  readonly version: number | undefined
  /** Delivered before, dropped. */
  readonly redelivered: number
  readonly missing: bigint
}

/** Other writers can only win so often with the offsets of one delivery: each time, the delivery shrinks. */
const maxPlans = 50

/** Per process: partitions whose identity was checked, and when each table was last committed to. */
const trusted = new WeakMap<Lake, Set<string>>()
const paces = new WeakMap<Lake, CommitPace>()

/**
 * Ingests what a trigger delivered: in one commit, with whatever the delivery jumped over. When it returns, every
 * offset of the delivery is covered; when it throws, the same delivery may come again.
 *
 * @throws PipelineError TOPIC_RECREATED after the healthy partitions are committed
 */
export async function ingestDelivery(lake: Lake, stream: Stream, delivery: Delivery, run: StepRun): Promise<IngestResult> {
  const deadline = lake.clock.monotonic() + lake.settings.maxPollIntervalMs / 2
  const known = memo(trusted, lake, () => new Set<string>())
  const pace = memo(paces, lake, () => new CommitPace(lake.clock, lake.settings.bronzeMinCommitInterval))
  for (let plan = 0; plan < maxPlans; plan++) {
    const bronze = await openBronze(lake, stream)
    const { table, state, metadata } = bronze
    const progress = readProgress(state.metadata.id, stream.topic, state.txns)
    const maxGap = BigInt(lake.settings.bronzeMaxCommitRows)
    const covering = await coverDelivery(lake.source, stream, progress, delivery, maxGap, known)

    if (covering.backlog.length > 0) {
      const until = new Map(covering.backlog.map(range => [range.partition, range.end]))
      const budgetMs = Math.max(0, deadline - lake.clock.monotonic())
      const { more } = await catchUpStream(lake, stream, run, { until, budgetMs })
      if (more || lake.clock.monotonic() >= deadline) {
        throw new PipelineError('REPAIR_UNFINISHED', `A long jump in ${stream.topic} is being read from the source; the next delivery goes on.`, {
          retryable: true,
        })
      }
      continue
    }

    const result = { rows: 0, bytes: 0, version: undefined, redelivered: covering.redelivered, missing: 0n }
    if (covering.coverages.length === 0) return settle(result, covering.stopped)

    const store = lake.store.within(bronzePath(stream))
    const encoded = await encodeCoverage(store, layoutOf(bronze), stream, covering.coverages, lake.clock.now())
    await pace.wait(table.url)
    const counts = countsOf([encoded])
    const outcome = await appendBronze(table, {
      stream,
      state,
      metadata,
      encoded: [encoded],
      now: lake.clock.now(),
      run: run.inCommit(counts, true),
    })
    if (outcome.kind === 'stale') {
      lake.log.debug('Bronze moved while a delivery was encoded; planning again.', { stream: stream.name, detail: outcome.detail })
      continue
    }
    // The commit point is behind: what follows is best effort.
    pace.committed(table.url)
    run.committed(counts)
    const { ranges } = outcome
    return settle(
      {
        rows: outcome.rows,
        bytes: encoded.bytes,
        version: outcome.version,
        redelivered: ranges.reduce((sum, range) => sum + range.counts.redelivered, covering.redelivered),
        missing: ranges.reduce((sum, range) => sum + range.counts.missing, 0n),
      },
      covering.stopped,
    )
  }
  throw new PipelineError('CONTENDED', `Other writers won ${maxPlans} times over one delivery of ${stream.topic}.`, { retryable: true })
}

function settle(result: IngestResult, stopped: readonly PipelineError[]): IngestResult {
  if (stopped[0] !== undefined) throw stopped[0]
  return result
}

function memo<K extends object, V>(map: WeakMap<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
