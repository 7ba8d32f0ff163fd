import { overwriteRows } from '../../delta/dml/index.js'
import { CliError } from '../cliError.js'
import type { Command } from '../command.js'
import { confirm } from '../confirm.js'
import { fromOption, openRowInput, requiredFrom } from '../input/index.js'
import { changeTable, externalLocationOptions } from '../tables/index.js'

/**
 * `lake overwrite`: old rows go and new ones come in one commit. Without a condition it asks first.
 * @throws CliError DECLINED unless the answer is yes
 */
export const overwrite: Command = {
  usage: 'overwrite <table>',
  summary: 'replace rows of a table',
  about:
    'Puts rows in the place of all that a table has, or of those for which a condition holds; the new rows must meet it too. Older ' +
    'versions keep the old rows. Prints what was done as one JSON object.',
  examples: ['lake overwrite ./sales --from rows.jsonl'],
  positionals: { least: 1, most: 1 },
  options: {
    from: fromOption,
    where: { value: '"condition"', about: 'replace only rows for which this SQL condition holds' },
    'overwrite-schema': { about: 'give the table the columns of the rows, whatever it had' },
    yes: { about: 'do it without asking' },
    ...externalLocationOptions,
  },
  async run(context, args) {
    if (args.text('where') !== undefined && args.flag('overwrite-schema')) {
      throw new CliError(
        'USAGE',
        "--where and --overwrite-schema exclude each other: rows that stay keep the table's columns.",
      )
    }
    const input = await openRowInput(context, requiredFrom(args))
    await changeTable(context, args, async ({ table, name, state }, options) => {
      const where = args.text('where')
      const overwriteSchema = args.flag('overwrite-schema')
      if (where === undefined && !args.flag('yes'))
        await confirm(context, `Put other rows in the place of all that ${name} has?`)
      const schema = overwriteSchema ? await input.withNewColumns({ type: 'struct', fields: [] }) : state.schema
      return overwriteRows(table, () => input.rows(schema, { unknownNulls: overwriteSchema }), {
        ...options,
        where,
        overwriteSchema,
      })
    })
  },
}
