import { appendRows } from '../../delta/dml/index.js'
import type { Command } from '../command.js'
import { fromOption, openRowInput, requiredFrom } from '../input/index.js'
import { changeTable } from '../tables/index.js'

/**
 * `lake append`: all rows are one commit.
 * @throws CliError BAD_INPUT when a row does not fit; none is added
 */
export const append: Command = {
  usage: 'append <table>',
  summary: 'add rows to a table',
  about:
    'Adds rows to a table: JSON lines in the form that `lake read --format jsonl` prints, or a Parquet file. Values have to be ' +
    'exactly what their columns take; a line that is wrong is named, and nothing is written. Prints what was done as one JSON object.',
  examples: [
    'lake append ./sales --from rows.jsonl',
    'lake read silver.events --format jsonl | lake append ./copy --from -',
  ],
  positionals: { least: 1, most: 1 },
  options: {
    from: fromOption,
    'merge-schema': { about: 'add columns to the table that only the rows have' },
  },
  async run(context, args) {
    const input = await openRowInput(context, requiredFrom(args))
    await changeTable(context, args, async ({ table, state }, options) => {
      const mergeSchema = args.flag('merge-schema')
      const schema = mergeSchema ? await input.withNewColumns(state.schema) : state.schema
      return appendRows(table, () => input.rows(schema, { unknownNulls: mergeSchema }), { ...options, mergeSchema })
    })
  },
}
