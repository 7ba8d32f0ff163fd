import { systemClock } from '../../shared/clock.js'

/** How long some work took. */
export interface Measure {
  readonly wallMs: number
  /** Of all threads of the process; what other programs do to the machine shows less in it. */
  readonly cpuMs: number
  /** What the work found, so that two sides can be seen to have done the same. */
  readonly result: number
}

/** Runs `work` and measures it. */
export async function measured(work: () => Promise<number>): Promise<Measure> {
  const [started, cpu] = [systemClock.monotonic(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs: systemClock.monotonic() - started, cpuMs: (user + system) / 1_000, result }
}

/** The middle by each kind of time. */
export function median(measures: readonly Measure[]): Measure {
  const middle = (of: (measure: Measure) => number) => measures.map(of).sort((a, b) => a - b)[measures.length >> 1] ?? 0
  return { wallMs: middle(m => m.wallMs), cpuMs: middle(m => m.cpuMs), result: measures[0]?.result ?? 0 }
}
