import { watchAlerts } from '../../shared/alerts/index.js'
import type { Stream } from '../../shared/contract/index.js'
import { backfill, backfillPlan, planReset, resetOffsets } from '../../shared/pipeline/bronze/index.js'
import { eraseKeys } from '../../shared/pipeline/erasure/index.js'
import { rebuildGold } from '../../shared/pipeline/gold/index.js'
import { catchUp, runGold, runMaintenance, runMonitor, runSilver } from '../../shared/pipeline/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { pauseStream, resumeStream } from '../../shared/pipeline/pause/index.js'
import { purgeQuarantine, replayQuarantine } from '../../shared/pipeline/quarantine/index.js'
import { rebuildSilver } from '../../shared/pipeline/silver/index.js'
import type { StepReport } from '../../shared/pipeline/step/index.js'
import { events } from '../harness/sampleStream/events.js'
import { streams as two } from '../harness/twoStreams/index.js'
import { fix } from './seededTopics.js'

/** A stream that begins with what comes after its first run. */
export const clicks: Stream = { ...(two[0] ?? events), startFrom: 'latest' }
export const streams: readonly Stream[] = [events, clicks]

const note = { by: 'ada', why: 'chaos' }

/** What functions do by themselves; what goes wrong is in their reports. */
export const timers = {
  bronze: lake => catchUp(lake, 'timer', { stalledForMs: 0 }),
  silver: lake => runSilver(lake, 'timer'),
  gold: lake => runGold(lake, 'timer'),
  maintenance: lake => runMaintenance(lake, 'timer'),
  monitor: async lake => {
    const reports = await runMonitor(lake, 'timer')
    await watchAlerts(lake)
    return reports
  },
} as const satisfies Record<string, (lake: Lake) => Promise<readonly StepReport[]>>

/** Partitions whose topic is another one go on with it. */
export async function reset(lake: Lake): Promise<void> {
  const { resets } = await planReset(lake, events)
  if (resets.some(({ stopped }) => stopped !== undefined)) await resetOffsets(lake, events)
}

/** Clicks from before bronze began. */
export async function fillBack(lake: Lake): Promise<readonly StepReport[]> {
  const request = { offsets: new Map([[0, 0n]]) }
  return [await backfill(lake, clicks, await backfillPlan(lake, clicks, request))]
}

/** What somebody does on purpose; what goes wrong is thrown. */
export const commands = {
  rebuildSilver: lake => rebuildSilver(lake, events),
  rebuildGold: lake => rebuildGold(lake, events),
  replay: lake => replayQuarantine(lake, events, { field: 'value' }, { ...note, fix }),
  purge: lake => purgeQuarantine(lake, events, { reason: 'NOT_JSON' }, note),
  erase: (lake, key) => eraseKeys(lake, events, [key]),
  fillBack,
  reset,
  pause: lake => pauseStream(lake.store, events, note),
  resume: lake => resumeStream(lake.store, events),
} as const satisfies Record<string, (lake: Lake, key: string) => Promise<unknown>>
