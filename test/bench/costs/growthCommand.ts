import { join } from 'node:path'

import { projectRoot } from '../../harness/projectRoot.js'
import { machineDescription } from '../machine.js'
import { writeSection } from '../pageSection.js'
import { smallEvents } from './costLoads.js'
import { measureCase } from './costProfiles.js'
import { type GrownPoint, growthText } from './growthReport.js'
import { operationCpuMs } from './operationCpu.js'

const sizes = [1e5, 1e6, 1e7]
const [eventsPerSecond, intervalSeconds, minutes] = [1_000, 1, 20]

/**
 * `npm run bench -- growth [events,events]`: what a million events cost with so many in all tables before; writes
 * docs/figures.md when all sizes were measured.
 */
export async function growthCommand(wanted: string | undefined): Promise<string> {
  const [machine, cpuMs] = [await machineDescription(), await operationCpuMs()]
  const run = { load: smallEvents, eventsPerSecond, intervalSeconds, minutes }
  // Compiled code is what a warm instance has.
  await measureCase({ ...run, minutes: 5 })
  const points: GrownPoint[] = []
  for (const eventsBefore of wanted?.split(',').map(Number) ?? sizes)
    points.push({ eventsBefore, measured: await measureCase({ ...run, eventsBefore }) })
  const text = growthText(points, { eventsPerSecond, intervalSeconds, minutes, operationCpuMs: cpuMs, machine })
  if (wanted === undefined) await writeSection(join(projectRoot(), 'docs/figures.md'), 'growth', text)
  return text
}
