import { parseDuration } from '../../contract/index.js'
import type { TrainingRun, TrainOutcome } from '../../pipeline/training/index.js'
import type { JsonObject } from '../../types/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printRecords, ProgressBar } from '../output/index.js'
import { timeOption } from '../tables/index.js'

const columns = ['stream', 'model', 'version', 'promoted', 'auc', 'precision_at_1', 'champion_auc', 'rows', 'why']

/**
 * `lake train`: without `--register` nothing is kept but a row of `model_runs`.
 * @throws CliError STEP_FAILED when a training fails, or there is nothing to train on; the others are done
 */
export const train: Command = {
  usage: 'train',
  summary: "train a stream's model, and compare it with the champion",
  about:
    'Trains an isolation forest on a sample of silver, with the features that the stream declares, and measures it on ' +
    'held-out rows with injected anomalies: by area under the ROC curve, and by the share of anomalies in the highest ' +
    'percent of scores. The champion is measured on the same rows. With --register it becomes a version of the model in the ' +
    'lake, and champion if it beats the present one by MODEL_PROMOTION_MARGIN. Each training is a row of model_runs.',
  printsRows: true,
  examples: ['lake train', "lake train --stream events --since '30 days' --register"],
  positionals: { least: 0, most: 0 },
  options: {
    stream: { value: 'NAME', about: 'only that stream; all that declare a model when absent' },
    since: { value: 'TIME', about: "train on events from then on only: a time, or a duration as '30 days'" },
    register: { about: 'keep the model as a version, and make it champion if it is better' },
    seed: { value: 'N', about: "what random numbers are drawn from; silver's version when absent" },
    rows: { value: 'N', about: 'maximum rows of silver that are drawn; TRAIN_ROWS when absent' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    await using lake = await openCliLake(context, args)
    const { runTraining } = await import('../../pipeline/training/index.js')
    const name = args.text('stream')
    const streams = name === undefined ? lake.streams.filter(s => s.model !== undefined) : [streamNamed(lake, name)]
    const since = sinceOf(args, lake.clock.now())
    const runs: TrainingRun[] = []
    for (const stream of streams) {
      const bar = new ProgressBar(context.messages, () => lake.clock.monotonic())
      const onRead = (read: number, total: number) => {
        bar.show({ rows: read, covered: BigInt(read), total: BigInt(total) })
      }
      const options = { since, rows: args.whole('rows'), seed: args.whole('seed'), register: args.flag('register') }
      runs.push(await runTraining(lake, stream, 'command', { ...options, onRead }))
      await bar.end()
    }
    const outcomes = runs.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]))
    const trained = outcomes.filter(outcome => outcome.kind === 'trained')
    if (trained.length > 0) await printRecords(context.output, format, columns, trained.map(trainingRecord))
    for (const { tracking } of trained)
      if (tracking?.kind === 'failed') await context.messages.write(`${tracking.why}\n`)
    const failures = [
      ...runs.flatMap(({ report: { stream = '', error } }) =>
        error === undefined ? [] : [`training of ${stream} failed: ${error.message}`],
      ),
      ...outcomes.flatMap(outcome =>
        outcome.kind === 'refused' ? [`Nothing was trained for ${outcome.stream}: ${outcome.why}`] : [],
      ),
    ]
    if (failures.length > 0) throw new CliError('STEP_FAILED', failures.join('\n'))
  },
}

function trainingRecord(outcome: Extract<TrainOutcome, { kind: 'trained' }>): JsonObject {
  const { evaluation, champion, tracking } = outcome
  return {
    stream: outcome.stream,
    model: outcome.model,
    version: outcome.version ?? null,
    promoted: outcome.promoted,
    auc: rounded(evaluation.auc),
    precision_at_1: rounded(evaluation.precisionAt1),
    auc_by_kind: Object.fromEntries(Object.entries(evaluation.aucByKind).map(([kind, auc]) => [kind, rounded(auc)])),
    champion_version: champion?.version ?? null,
    champion_auc: champion?.evaluation === undefined ? null : rounded(champion.evaluation.auc),
    threshold: rounded(outcome.threshold),
    rows: outcome.rows,
    dataset_version: outcome.datasetVersion,
    seed: outcome.seed,
    run_id: outcome.runId,
    mlflow_run_id: tracking?.kind === 'tracked' ? (tracking.runId ?? null) : null,
    why: [outcome.why, outcome.note ?? ''].join(' ').trimEnd(),
  }
}

/** Figures are read by people; their fifth digit says nothing. */
const rounded = (value: number) => Math.round(value * 1e4) / 1e4

/** Milliseconds since 1970 that `--since` means. @throws CliError USAGE for what is neither a time nor a duration */
function sinceOf(args: Arguments, now: number): number | undefined {
  const duration = parseDuration(args.text('since') ?? '')
  return duration === null ? timeOption(args, 'since') : now - duration
}
