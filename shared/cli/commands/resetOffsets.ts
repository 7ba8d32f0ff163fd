import { type PartitionReset, planReset, resetOffsets, type ResetPlan } from '../../pipeline/index.js'
import type { JsonObject } from '../../types/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { confirm } from '../confirm.js'
import { formatOf, printRecords } from '../output/index.js'

/**
 * `lake reset-offsets`: raises the generation of the partitions that bronze has begun. It asks first.
 * @throws CliError DECLINED unless the answer is yes
 */
export const resetOffsetsCommand: Command = {
  usage: 'reset-offsets <stream>',
  summary: 'go on with a topic that was recreated',
  about:
    'Begins a new generation of a topic that was recreated or truncated: bronze reads it from its first offset as it is ' +
    'now, under a raised _generation; rows of older generations stay. Says what it will do, and asks.',
  printsRows: true,
  examples: ['lake reset-offsets events', 'lake reset-offsets events --yes'],
  positionals: { least: 1, most: 1 },
  options: { yes: { about: 'do it without asking' } },
  async run(context, args) {
    const format = formatOf(context, args)
    await using lake = await openCliLake(context, args)
    const stream = streamNamed(lake, args.positional(0))
    const plan = await planReset(lake, stream)
    await context.messages.write(planText(plan))
    if (plan.resets.length > 0 && !args.flag('yes')) await confirm(context, 'Begin the new generation?')
    const done = await resetOffsets(lake, stream, plan)
    await printRecords(
      context.output,
      format,
      ['partition', 'oldGeneration', 'oldCovered', 'generation', 'start', 'version'],
      done.plan.resets.map(reset => ({ ...resetJson(reset), version: done.version })),
    )
    if (context.signal.aborted) throw new CliError('INTERRUPTED', 'Interrupted.')
  },
}

function resetJson({ partition, before, after }: PartitionReset): JsonObject {
  return {
    partition,
    oldGeneration: before.generation,
    oldCovered: before.covered,
    generation: after.generation,
    start: after.start,
  }
}

/** What will happen, in words. */
export function planText(plan: ResetPlan): string {
  const lines = plan.resets.map(({ partition, before, after, end, stopped }) => {
    const old = `generation ${before.generation}, covered to offset ${before.covered}`
    const state =
      stopped === undefined ? 'NOT stopped: what bronze has of it will be ingested a second time' : 'stopped'
    return `  partition ${partition}: ${old} (${state}) -> generation ${after.generation} from offset ${after.start} (${end - after.start} offsets to read)`
  })
  const never = plan.untouched.map(partition => `  partition ${partition}: never ingested; begins by itself`)
  const heading = plan.resets.length === 0 ? 'There is nothing to reset' : 'This begins a new generation'
  return `${heading}: stream ${plan.stream}, topic ${plan.topic}.\n${[...lines, ...never].join('\n')}\n`
}
