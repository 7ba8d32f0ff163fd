import { updateRows } from '../../delta/dml/index.js'
import { keyValue } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import type { Command } from '../command.js'
import { confirm } from '../confirm.js'
import { changeTable, externalLocationOptions } from '../tables/index.js'

/**
 * `lake update`: without a condition it asks first.
 * @throws CliError DECLINED unless the answer is yes
 */
export const update: Command = {
  usage: 'update <table>',
  summary: 'change values of some rows',
  about:
    'Gives columns of the rows for which a condition holds other values, each an SQL expression over the row as it was. Prints ' +
    'what was done as one JSON object.',
  examples: ["lake update ./sales --set 'amount = amount * 2' --where 'id = 7'"],
  positionals: { least: 1, most: 1 },
  options: {
    set: { value: '"a = expression"', repeats: true, about: 'what a column becomes; may be given more than once' },
    where: { value: '"condition"', about: 'which rows, as an SQL condition; all when absent, which is asked about' },
    yes: { about: 'do it without asking' },
    ...externalLocationOptions,
  },
  async run(context, args) {
    const assignments = args.values('set').map(text => keyValue('set', text))
    if (assignments.length === 0) throw new CliError('USAGE', 'Say what changes: --set "column = expression".')
    const set = Object.fromEntries(assignments.map(([column, sql]) => [column, { sql }]))
    const twice = assignments.find(([column], i) => assignments.findIndex(([other]) => other === column) < i)
    if (twice !== undefined) throw new CliError('USAGE', `--set names the column ${twice[0]} twice; give it one value.`)
    await changeTable(context, args, async ({ table, name }, options) => {
      const where = args.text('where')
      if (where === undefined && !args.flag('yes')) await confirm(context, `Change all rows of ${name}?`)
      return updateRows(table, { ...options, where, set })
    })
  },
}
