import { watchAlerts } from '../../../shared/alerts/index.js'
import { silverPath, type Stream } from '../../../shared/contract/index.js'
import { backfill, backfillPlan, planReset, resetOffsets } from '../../../shared/pipeline/bronze/index.js'
import { eraseKeys } from '../../../shared/pipeline/erasure/index.js'
import { rebuildGold, rescoreGold } from '../../../shared/pipeline/gold/index.js'
import { catchUp, runGold, runMaintenance, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { pauseStream, resumeStream } from '../../../shared/pipeline/pause/index.js'
import { purgeQuarantine, replayQuarantine } from '../../../shared/pipeline/quarantine/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { streams as two } from '../../harness/twoStreams/index.js'
import { type BronzeFixture, day0, eventRecord, range } from '../bronze/bronzeFixture.js'

const day = 86_400_000

/** A stream that begins with what comes after its first run, and keeps nothing for ever. */
const clicks: Stream = {
  ...(two[0] ?? events),
  startFrom: 'latest',
  retention: { bronze: 120 * day, silver: 130 * day, scored: 140 * day, summary: 150 * day },
}
export const streams: readonly Stream[] = [events, clicks]

/** Something that a function or a command does to a lake, and that can be killed. */
export interface LakeAction {
  /** What comes before it: records, and what others make of them. */
  readonly before?: (f: BronzeFixture) => unknown
  /** Milliseconds from there on until it begins. */
  readonly pauseMs?: number
  /** A run; one that was killed is followed by another. */
  readonly run: (lake: Lake) => Promise<unknown>
  /** Milliseconds until the next run. */
  readonly againMs?: number
  /** Whether a run takes on what its source has gained, and no more. */
  readonly isIncremental?: boolean
}

/** Clicks of those numbers. */
export function click(f: BronzeFixture, numbers: readonly number[], partition = 0): void {
  const valueOf = (n: number) => JSON.stringify({ id: `c${n}`, at: new Date(day0 + n * 1000).toISOString() })
  f.source.append(
    'clicks',
    numbers.map(n => ({ key: null, value: Buffer.from(valueOf(n)), timestamp: day0 + n * 1000, partition })),
  )
}

/** Records that cannot be read. */
function broken(f: BronzeFixture, partition: number, ...texts: readonly string[]): void {
  f.source.append(
    'events',
    texts.map(text => ({ key: null, value: Buffer.from(text), partition })),
  )
}

const bronze = (lake: Lake) => catchUp(lake, 'timer', { stalledForMs: 0 })
const refine = async ({ lake }: BronzeFixture): Promise<readonly StepReport[]> => [
  ...(await bronze(lake)),
  ...(await runSilver(lake, 'timer')),
  ...(await runGold(lake, 'timer')),
]

async function swap(lake: Lake): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of lake.streams)
    reports.push(await rebuildSilver(lake, stream), ...(await rebuildGold(lake, stream)))
  return reports
}

/** A topic that is another one is noticed, agreed to, and read. */
async function reset(lake: Lake): Promise<void> {
  await bronze(lake)
  const { resets } = await planReset(lake, clicks)
  if (resets.some(({ stopped }) => stopped !== undefined)) await resetOffsets(lake, clicks)
  await bronze(lake)
}

const value = (n: number) => Buffer.from(eventRecord(n).value ?? new Uint8Array()).toString()

/**
 * Everything that changes a lake, in an order in which each finds something to do: the next begins where the one before it
 * has ended. A new function or command belongs here; see everyVerb.test.ts.
 */
export const lakeActions = {
  bronze: {
    before: f => {
      f.append(range(30, 42), 1)
      f.append([8, 43], 0)
      click(f, range(10, 22))
    },
    run: bronze,
    isIncremental: true,
  },
  silver: { run: lake => runSilver(lake, 'timer'), isIncremental: true },
  gold: { run: lake => runGold(lake, 'timer'), isIncremental: true },
  swap: { run: swap },
  // Long enough for vacuum and log clean-up to be due.
  maintenance: { pauseMs: 40 * day, run: lake => runMaintenance(lake, 'timer') },
  monitor: {
    run: async lake => {
      await runMonitor(lake, 'timer')
      await watchAlerts(lake)
    },
  },
  replay: {
    run: lake => replayQuarantine(lake, events, {}, { by: 'ada', why: 'a test', fix: `'${value(50)}'` }),
  },
  purge: {
    before: async f => {
      broken(f, 0, '{broken again', '{and again')
      await refine(f)
    },
    run: lake => purgeQuarantine(lake, events, {}, { by: 'ada', why: 'a test' }),
  },
  pause: {
    before: f => {
      f.append(range(60, 63), 0)
    },
    run: async lake => {
      await pauseStream(lake.store, events, { by: 'ada', why: 'a test' })
      await bronze(lake)
      await resumeStream(lake.store, events)
      await bronze(lake)
    },
  },
  erase: {
    before: f =>
      f.lake.store.put(
        `${silverPath(events)}/_key_index/2025-04-01_2025-04-01_${'0'.repeat(36)}.keys`,
        new Uint8Array(9),
      ),
    run: lake => eraseKeys(lake, events, ['3', '35']),
    againMs: 2 * 3_600_000,
  },
  backfill: {
    run: async lake => {
      const request = { offsets: new Map([[0, 0n]]) }
      return backfill(lake, clicks, await backfillPlan(lake, clicks, request))
    },
  },
  rescore: {
    before: refine,
    run: lake => rescoreGold(lake, events),
  },
  reset: {
    before: f => {
      f.source.recreateTopic('clicks')
      click(f, range(70, 75))
    },
    run: reset,
  },
  /** What silver and gold have not read is compacted, and lies in storage for long. */
  cleanup: {
    before: async f => {
      for (const n of [80, 81, 82]) {
        f.append([n], 0)
        click(f, [n])
        await bronze(f.lake)
        f.clock.advance(60_000)
      }
      await runMonitor(f.lake, 'timer')
      await f.lake.store.put(`${silverPath(events)}/orphan.parquet`, new Uint8Array(4))
      f.clock.advance(3_600_000)
      await runMaintenance(f.lake, 'timer')
    },
    pauseMs: 40 * day,
    run: async lake => {
      await runMaintenance(lake, 'timer')
      await runSilver(lake, 'timer')
      await runGold(lake, 'timer')
      await runMonitor(lake, 'timer')
      await watchAlerts(lake)
    },
  },
  /** Rows of one stream, whose time is over. */
  expire: {
    pauseMs: 100 * day,
    run: async lake => {
      await runMaintenance(lake, 'timer')
      await runMonitor(lake, 'timer')
    },
  },
} as const satisfies Record<string, LakeAction>

export type LakeActionName = keyof typeof lakeActions
