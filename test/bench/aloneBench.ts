import { systemClock } from '../../shared/clock.js'
import { BenchStack } from './benchStack.js'
import { type ProcessFigures, processFigures } from './processFigures.js'

/** What a function took of a host of its own. */
export interface AloneMeasure {
  readonly name: string
  /** Resident, of the looks after the first third, MB. */
  readonly middleMb: number
  /** Since its process began. */
  readonly peakMb: number
  /** Of one core. */
  readonly cpuPercent: number
}

/** All that are not HTTP: on Flex Consumption each has instances of its own. */
const functions = ['bronze_events', 'silver', 'gold', 'monitor', 'maintenance', 'catchUp', 'models', 'training']
const lookEveryMs = 5_000

/**
 * Each function in a host of its own that is told of an instance of 512 MB, all over the same lake on Azurite, at a steady
 * rate. In less than twenty minutes nothing is compacted.
 */
export async function aloneBench(minutes: number, rate: number): Promise<readonly AloneMeasure[]> {
  const settings = { INSTANCE_MEMORY_MB: '512' }
  await using stack = await BenchStack.start({
    rate,
    late: 2,
    duplicates: 1,
    store: 'Azurite',
    settings,
    alone: functions,
  })
  const looks = new Map<string, ProcessFigures[]>(functions.map(name => [name, []]))
  const began = Date.now()
  while (Date.now() - began < minutes * 60_000) {
    await systemClock.sleep(lookEveryMs)
    for (const [name, { pid }] of stack.hosts) looks.get(name)?.push(await processFigures(pid))
  }
  return [...looks].map(([name, all]) => {
    const settled = all.slice(Math.floor(all.length / 3))
    const sizes = settled.map(({ rssMb }) => rssMb).sort((a, b) => a - b)
    const [first, last] = [settled[0], settled.at(-1)]
    const seconds = ((settled.length - 1) * lookEveryMs) / 1_000
    return {
      name,
      middleMb: sizes[sizes.length >> 1] ?? NaN,
      peakMb: last?.peakMb ?? NaN,
      cpuPercent: ((last?.cpuTicks ?? NaN) - (first?.cpuTicks ?? NaN)) / seconds,
    }
  })
}
