import { lakePicture } from '../../page/index.js'
import { runPipeline } from '../../pipeline/index.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { emptyOverview, readOverview, type TaskOverview } from '../../pipeline/overview/index.js'
import { job, taskOf } from '../../pipeline/step/index.js'
import type { JsonObject } from '../../types/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, indentedJson, printRecords, printReports } from '../output/index.js'

const columns = ['task', 'step', 'stream', 'outcome', 'start', 'end', 'rowsIn', 'rowsOut', 'error']

/**
 * `lake pipeline`: the job by its name, its tasks' last runs, and a run of it.
 * @throws CliError STEP_FAILED when a task failed
 */
export const pipeline: Command = {
  usage: 'pipeline show|run',
  summary: 'the job and its tasks: their last runs, its picture, or a run from one on',
  about:
    `The job ${job.name} with its tasks ${job.tasks.map(({ name }) => name).join(', ')}. show prints each task's last ` +
    "runs, the newest first, as the monitor's newest run knows them: as rows, as one JSON document of the whole job " +
    '(--format json), or as the picture of the pipeline with its state (--format svg). run runs the tasks in order, ' +
    '--from one of them on.',
  printsRows: true,
  formats: ['json', 'svg'],
  examples: [
    'lake pipeline show',
    'lake pipeline show --format svg',
    'lake pipeline run --from 02_bronze_to_silver_cleanse',
  ],
  positionals: { least: 1, most: 1 },
  options: { from: { value: 'TASK', about: 'run: the first task; those before it are left out' } },
  async run(context, args) {
    const verb = args.positional(0)
    const whole = verb === 'show' ? (['json', 'svg'] as const).find(one => one === args.text('format')) : undefined
    const from = args.text('from')
    const first = job.tasks.find(({ name, step }) => from === undefined || from === name || from === step)
    if (verb !== 'show' && verb !== 'run')
      throw new CliError('USAGE', `"${verb}" is not one of show and run: lake pipeline show|run.`)
    if (first === undefined || (verb === 'show' && from !== undefined))
      throw new CliError('USAGE', `--from is of run, and names one of ${job.tasks.map(({ name }) => name).join(', ')}.`)
    const format = whole ?? formatOf(context, args)
    await using lake = await openCliLake(context, args)
    if (format === 'svg') await context.output.write(await lakePicture(lake))
    else if (format === 'json') await context.output.write(`${indentedJson(jobJson(await lastRuns(lake)), 2)}\n`)
    else if (verb === 'show') await printRecords(context.output, format, columns, await lastRuns(lake))
    else await printReports(context.output, format, (await runPipeline(lake, 'command', first.step)).steps)
  },
}

async function lastRuns({ store }: Pick<Lake, 'store'>): Promise<readonly JsonObject[]> {
  const { tasks } = (await readOverview(store)) ?? emptyOverview
  return tasks.flatMap(runsOf)
}

/** The job as one document: its name, its tasks in their order, and each task's last runs. */
function jobJson(runs: readonly JsonObject[]): JsonObject {
  return {
    job: job.name,
    tasks: job.tasks.map(({ name, step }) => ({ task: name, step, runs: runs.filter(({ task }) => task === name) })),
  }
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
