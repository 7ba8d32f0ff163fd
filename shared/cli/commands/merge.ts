import { mergeRows } from '../../delta/dml/index.js'
import { CliError } from '../cliError.js'
import type { Command } from '../command.js'
import { fromOption, openRowInput, requiredFrom } from '../input/index.js'
import { changeTable, externalLocationOptions } from '../tables/index.js'

/**
 * `lake merge`: all changes are one commit; the source rows are held in memory together.
 * @throws CliError BAD_INPUT when one of them does not fit
 */
export const merge: Command = {
  usage: 'merge <table>',
  summary: 'insert or update rows by their key',
  about:
    'Brings rows into a table: those whose key the table has are updated, the others inserted, unless the options say otherwise. ' +
    'Columns that the rows lack stay as they are. Prints what was done as one JSON object.',
  examples: ['lake merge ./sales --key id --from new.jsonl'],
  positionals: { least: 1, most: 1 },
  options: {
    key: { value: 'a,b', about: 'the columns whose values make two rows the same' },
    from: fromOption,
    matched: {
      value: 'update|delete|keep',
      about: 'what becomes of a row of the table that is among them; update when absent',
    },
    'not-matched': {
      value: 'insert|ignore',
      about: 'what becomes of one of them that the table lacks; insert when absent',
    },
    'not-matched-by-source': {
      value: 'keep|delete',
      about: 'what becomes of a row of the table that is not among them; keep when absent',
    },
    ...externalLocationOptions,
  },
  async run(context, args) {
    const on = args.list('key') ?? []
    if (on.length === 0) throw new CliError('USAGE', 'Say what makes two rows the same: --key a,b.')
    const matched = args.oneOf('matched', ['update', 'delete', 'keep'])
    const notMatched = args.oneOf('not-matched', ['insert', 'ignore'])
    const notMatchedBySource = args.oneOf('not-matched-by-source', ['keep', 'delete'])
    const input = await openRowInput(context, requiredFrom(args))
    await changeTable(context, args, ({ table, state }, options) =>
      mergeRows(table, input.rows(state.schema, { partial: true, pieceRows: Infinity }), {
        ...options,
        on,
        matched,
        notMatched,
        notMatchedBySource,
      }),
    )
  },
}
