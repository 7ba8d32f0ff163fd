import { deleteRows } from '../../delta/dml/index.js'
import type { Command } from '../command.js'
import { confirm } from '../confirm.js'
import { changeTable, externalLocationOptions } from '../tables/index.js'

/**
 * `lake delete`: without a condition it asks first.
 * @throws CliError DECLINED unless the answer is yes
 */
export const deleteCommand: Command = {
  usage: 'delete <table>',
  summary: 'delete rows of a table',
  about:
    'Deletes the rows for which a condition holds: by deletion vectors where the table has them, else by writing the rows that stay ' +
    'again. Older versions keep them until `lake vacuum`. Prints what was done as one JSON object.',
  examples: ['lake delete ./sales --where "day < DATE \'2025-01-01\'"'],
  positionals: { least: 1, most: 1 },
  options: {
    where: { value: '"condition"', about: 'which rows, as an SQL condition; all when absent, which is asked about' },
    yes: { about: 'do it without asking' },
    ...externalLocationOptions,
  },
  async run(context, args) {
    await changeTable(context, args, async ({ table, name }, options) => {
      const where = args.text('where')
      if (where === undefined && !args.flag('yes')) await confirm(context, `Delete all rows of ${name}?`)
      return deleteRows(table, { ...options, where })
    })
  },
}
