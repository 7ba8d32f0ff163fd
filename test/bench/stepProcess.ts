import { systemClock } from '../../shared/clock.js'
import { rebuildGold } from '../../shared/pipeline/gold/index.js'
import { runGold, runMaintenance, runMonitor, runSilver } from '../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import { rebuildSilver } from '../../shared/pipeline/silver/index.js'
import type { StepReport } from '../../shared/pipeline/step/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { events } from '../harness/sampleStream/events.js'
import { writeBacklog } from './backlogRows.js'
import { peakBytes } from './peakMemory.js'

/** Run by the benchmark of steps in a process of its own: runs some steps until nothing is left, tells what they took. */
const [, , names = '', rows = '0', settings = '{}'] = process.argv

const steps: Readonly<Record<string, (lake: Lake) => Promise<readonly StepReport[]>>> = {
  backlog: async lake => {
    await writeBacklog(lake, Number(rows))
    return []
  },
  silver: lake => runSilver(lake, 'command'),
  gold: lake => runGold(lake, 'command'),
  monitor: lake => runMonitor(lake, 'command'),
  maintenance: lake => runMaintenance(lake, 'command'),
  'rebuild silver': async lake => [await rebuildSilver(lake, events)],
  'rebuild gold': lake => rebuildGold(lake, events),
}

/** What is written counts as an hour old, so that maintenance does not leave it alone. */
const clock = { ...systemClock, now: () => Date.now() - 3_600_000 }
const lake = await openLake(readSettings(JSON.parse(settings) as Record<string, string>), {
  streams: [events],
  source: new MemorySource(),
  clock,
})
const [started, cpu] = [performance.now(), process.cpuUsage()]
const reports: StepReport[] = []
for (const name of names.split(',')) reports.push(...((await steps[name]?.(lake)) ?? []))
const [ms, { user, system }] = [performance.now() - started, process.cpuUsage(cpu)]
await lake.close()
const failed = reports.find(({ outcome }) => outcome === 'failed')
if (failed !== undefined) throw new Error(JSON.stringify(failed))
const sum = (of: (report: StepReport) => number) => reports.reduce((total, report) => total + of(report), 0)
process.stdout.write(
  JSON.stringify({
    seconds: ms / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: await peakBytes(),
    commits: reports.filter(({ outcome }) => outcome === 'committed').length,
    rowsOut: sum(({ rowsOut }) => rowsOut),
  }),
)
