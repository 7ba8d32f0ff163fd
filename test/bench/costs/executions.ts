import type { Lake } from '../../../shared/pipeline/lake/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { usageBetween } from '../../../shared/storage/index.js'
import type { RunProfile } from './costModel.js'

/** What executions of functions took: a run of a step may be several runs of `cluster_logs`, and is one execution. */
export class Executions {
  readonly #taken = new Map<string, RunProfile[]>()

  async run(step: string, lake: Lake, execute: (lake: Lake) => Promise<readonly StepReport[]>): Promise<void> {
    const { store } = lake
    const [before, cpuBefore] = [store.usage(), process.cpuUsage()]
    const reports = await execute(lake)
    const failed = reports.find(({ outcome }) => outcome === 'failed')
    if (failed !== undefined) throw new Error(JSON.stringify(failed))
    const { user, system } = process.cpuUsage(cpuBefore)
    const { reads, writes, lists, deletes, bytesWritten } = usageBetween(before, store.usage())
    const one: RunProfile = {
      cpuMs: (user + system) / 1_000,
      reads,
      writes,
      lists,
      deletes,
      rowsOut: reports.reduce((sum, { rowsOut }) => sum + rowsOut, 0),
      bytesOut: bytesWritten,
    }
    this.#taken.set(step, [...(this.#taken.get(step) ?? []), one])
  }

  mean(step: string): RunProfile {
    const taken = this.#taken.get(step) ?? []
    const mean = (of: (one: RunProfile) => number) =>
      taken.reduce((sum, one) => sum + of(one), 0) / Math.max(1, taken.length)
    return {
      cpuMs: mean(one => one.cpuMs),
      reads: mean(one => one.reads),
      writes: mean(one => one.writes),
      lists: mean(one => one.lists),
      deletes: mean(one => one.deletes),
      rowsOut: mean(one => one.rowsOut),
      bytesOut: mean(one => one.bytesOut),
    }
  }
}
