import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { noTable, openTable } from '../tables/index.js'

/** `lake checkpoint`: a version that has a checkpoint is left as it is, and that is success. */
export const checkpoint: Command = {
  usage: 'checkpoint <table>',
  summary: "write a checkpoint of a table's newest version",
  about: 'Writes a checkpoint of the newest version, unless there is one, and prints what was done as one JSON object.',
  examples: ['lake checkpoint bronze.events'],
  positionals: { least: 1, most: 1 },
  options: {},
  async run(context, args) {
    const name = args.positional(0)
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    const outcome = await table.writeCheckpoint()
    if (outcome.kind === 'noTable') throw noTable(table, name)
    await context.output.write(`${JSON.stringify(outcome)}\n`)
  },
}
