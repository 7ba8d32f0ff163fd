import { type Row, textOf } from '../../types/index.js'
import { limits, type NotableEvent, type TaskOverview } from './overview.js'
import { addSamples, emptyTimeline, taskMeasures } from './series.js'
import { countOf, isFailure, type TaskRun, taskRun, taskSample } from './taskRun.js'

/** What rows of `cluster_logs` make of the tasks. */
export interface TasksFold {
  readonly tasks: readonly TaskOverview[]
  readonly events: readonly NotableEvent[]
}

/**
 * Takes rows of `cluster_logs` in: the last runs of each task, its work over time, and events. Pure.
 *
 * @param now milliseconds of the storage's clock
 */
export function foldTasks(before: readonly TaskOverview[], rows: readonly Row[], now: number): TasksFold {
  const tasks = new Map(before.map(task => [keyOf(task.step, task.stream), task]))
  const added = new Map<string, { step: string; stream: string | undefined; runs: TaskRun[] }>()
  const events: NotableEvent[] = []
  for (const row of rows) {
    const run = taskRun(row)
    if (run === undefined) continue
    const [step, stream] = [textOf(row, 'step') ?? 'unknown', textOf(row, 'stream')]
    const key = keyOf(step, stream)
    const task = added.get(key) ?? { step, stream, runs: [] }
    task.runs.push(run)
    added.set(key, task)
    events.push(...eventsOf(step, stream, run, row))
  }
  for (const [key, { step, stream, runs }] of added) {
    const known = tasks.get(key)
    const newestFirst = [...(known?.runs ?? []), ...runs].sort((a, b) => b.end - a.end)
    const timeline = known?.timeline ?? emptyTimeline(taskMeasures)
    tasks.set(key, {
      step,
      stream,
      runs: newestFirst.slice(0, limits.runs),
      timeline: addSamples(timeline, taskMeasures, runs.map(taskSample), now),
    })
  }
  return { tasks: [...tasks.values()].slice(0, limits.tasks), events }
}

function eventsOf(step: string, stream: string | undefined, run: TaskRun, row: Row): readonly NotableEvent[] {
  const about = stream === undefined ? step : `${step} of ${stream}`
  const at = run.end
  if (isFailure(run.outcome))
    return [{ at, kind: 'failed', about, text: run.error ?? `the run is ${run.outcome}: it was cut off` }]
  if (step === 'erase' && run.rowsIn > 0)
    return [{ at, kind: 'erased', about, text: `${inThousands(run.rowsIn)} rows taken out of all layers and versions` }]
  if (run.outcome !== 'committed') return []
  // The lake's own tables are compacted too: nothing that a stream's owner would look for.
  if (step === 'maintenance' && stream !== undefined && run.rowsOut > 0)
    return [
      {
        at,
        kind: 'compacted',
        about: textOf(row, 'table_name') ?? about,
        text: `${inThousands(run.rowsOut)} rows into larger files, ${inThousands(countOf(row['bytes_out']))} bytes written`,
      },
    ]
  if (step === 'replay')
    return [{ at, kind: 'replayed', about, text: `${inThousands(run.rowsOut)} rows replayed into silver` }]
  return []
}

const inThousands = (n: number) => n.toLocaleString('en-US')

const keyOf = (step: string, stream: string | undefined) => JSON.stringify([step, stream])
