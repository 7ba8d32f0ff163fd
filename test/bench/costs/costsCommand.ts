import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { projectRoot } from '../../harness/projectRoot.js'
import { machineDescription } from '../machine.js'
import { writeSection } from '../pageSection.js'
import { largeEvents, smallEvents } from './costLoads.js'
import { measureCase } from './costProfiles.js'
import { costsPicture, costsText } from './costsReport.js'
import type { CurvePoint } from './curvePoint.js'
import { operationCpuMs } from './operationCpu.js'

const rates = [100, 1_000, 10_000]
const intervals = [1, 10, 60]
/** Of events of 1 KB. */
const largeRate = 1_000

/**
 * `npm run bench -- costs [minutes] [--rates 100,1000]`: what a million events cost by rate, commit interval and instance
 * size; writes docs/figures.md when all rates were measured.
 */
export async function costsCommand(args: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { rates: { type: 'string' } },
    allowPositionals: true,
  })
  const minutes = Number(positionals[0] ?? 10)
  const wanted = values.rates?.split(',').map(Number) ?? rates
  const machine = await machineDescription()
  const cpuMs = await operationCpuMs()
  // Compiled code is what a warm instance has.
  await measureCase({ load: smallEvents, eventsPerSecond: 1_000, intervalSeconds: 10, minutes: 3 })
  const points: CurvePoint[] = []
  for (const eventsPerSecond of wanted)
    for (const intervalSeconds of intervals)
      points.push({
        eventsPerSecond,
        intervalSeconds,
        measured: await measureCase({ load: smallEvents, eventsPerSecond, intervalSeconds, minutes }),
      })
  const large: CurvePoint[] = []
  for (const intervalSeconds of intervals)
    large.push({
      eventsPerSecond: largeRate,
      intervalSeconds,
      measured: await measureCase({ load: largeEvents(), eventsPerSecond: largeRate, intervalSeconds, minutes }),
    })
  const text = costsText(points, large, { operationCpuMs: cpuMs, minutes, machine })
  if (values.rates !== undefined) return text
  const root = projectRoot()
  await mkdir(join(root, 'docs/images'), { recursive: true })
  await writeFile(join(root, 'docs/images/costs.svg'), costsPicture(points, cpuMs))
  const image = '![Dollars a million events, by rate, commit interval and instance size, as bars](images/costs.svg)'
  await writeSection(join(root, 'docs/figures.md'), 'costs', `${text}\n\n${image}`)
  return text
}
