import type { Lake } from '../../pipeline/lake/index.js'
import type { StepReport } from '../../pipeline/step/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printReports } from '../output/index.js'

type StepsOf = (lake: Lake) => Promise<readonly StepReport[]>

const steps: Readonly<Record<string, StepsOf>> = {
  bronze: async lake => (await import('../../pipeline/bronze/index.js')).catchUp(lake, 'command'),
  silver: async lake => (await import('../../pipeline/silver/index.js')).runSilver(lake, 'command'),
  models: async lake => (await import('../../pipeline/models/index.js')).refreshModels(lake, 'command'),
  gold: async lake => (await import('../../pipeline/gold/index.js')).runGold(lake, 'command'),
  monitor: async lake => (await import('../../pipeline/index.js')).runMonitor(lake, 'command'),
  maintenance: async lake => (await import('../../pipeline/index.js')).runMaintenance(lake, 'command'),
  pipeline: async lake => (await (await import('../../pipeline/index.js')).runPipeline(lake, 'command')).steps,
}

/**
 * `lake run`: prints one record a step and stream.
 * @throws CliError STEP_FAILED when one of them failed
 */
export const run: Command = {
  usage: `run ${Object.keys(steps).join('|')}`,
  summary: 'run a step of the pipeline once',
  about:
    'Runs a step once, or all of them in order, and prints what it did. Bronze catches up from Kafka to the end offsets ' +
    'as they are at the start. Exits with 1 when a step failed.',
  printsRows: true,
  examples: ['lake run bronze', 'lake run pipeline --format jsonl'],
  positionals: { least: 1, most: 1 },
  options: {},
  async run(context, args) {
    const format = formatOf(context, args)
    const name = args.positional(0)
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined
    if (step === undefined)
      throw new CliError('USAGE', `"${name}" is not a step; there are ${Object.keys(steps).join(', ')}.`)
    await using lake = await openCliLake(context, args)
    await printReports(context.output, format, await step(lake))
  },
}
