import { runPipeline } from '../../pipeline/index.js'
import { emptyOverview, readOverview, type TaskOverview } from '../../pipeline/overview/index.js'
import { job, taskOf } from '../../pipeline/step/index.js'
import type { JsonObject } from '../../types/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printRecords, printReports } from '../output/index.js'

const columns = ['task', 'step', 'stream', 'outcome', 'start', 'end', 'rowsIn', 'rowsOut', 'error']

/**
 * `lake pipeline`: the job by its name, its tasks' last runs, and a run of it.
 * @throws CliError STEP_FAILED when a task failed
 */
export const pipeline: Command = {
  usage: 'pipeline show|run',
  summary: 'the job and its tasks: their last runs, or a run from one on',
  about:
    `The job ${job.name} with its tasks ${job.tasks.map(({ name }) => name).join(', ')}. show prints each task's last ` +
    "runs, the newest first, as the monitor's newest run knows them; run runs the tasks in order, --from one of them on.",
  printsRows: true,
  examples: ['lake pipeline show', 'lake pipeline run --from 02_bronze_to_silver_cleanse'],
  positionals: { least: 1, most: 1 },
  options: { from: { value: 'TASK', about: 'run: the first task; those before it are left out' } },
  async run(context, args) {
    const format = formatOf(context, args)
    const verb = args.positional(0)
    const from = args.text('from')
    const first = job.tasks.find(({ name, step }) => from === undefined || from === name || from === step)
    if (verb !== 'show' && verb !== 'run')
      throw new CliError('USAGE', `"${verb}" is not one of show and run: lake pipeline show|run.`)
    if (first === undefined || (verb === 'show' && from !== undefined))
      throw new CliError('USAGE', `--from is of run, and names one of ${job.tasks.map(({ name }) => name).join(', ')}.`)
    await using lake = await openCliLake(context, args)
    if (verb === 'run') {
      await printReports(context.output, format, (await runPipeline(lake, 'command', first.step)).steps)
      return
    }
    const { tasks } = (await readOverview(lake.store)) ?? emptyOverview
    await printRecords(context.output, format, columns, tasks.flatMap(runsOf))
  },
}

/** The last runs of a task of the job; none of what runs beside it. */
function runsOf({ step, stream, runs }: TaskOverview): readonly JsonObject[] {
  const task = taskOf(step)
  if (task === undefined) return []
  return runs.map(({ start, end, outcome, rowsIn, rowsOut, error }) => ({
    task,
    step,
    stream: stream ?? null,
    outcome,
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    rowsIn,
    rowsOut,
    error: error ?? null,
  }))
}
