import { documentationOf } from '../../contract/documentation/index.js'
import { streams } from '../../streams/index.js'
import { CliError } from '../cliError.js'
import { streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'

/**
 * `lake contract show`: prints what a stream's declaration says and makes; needs neither the lake nor Kafka.
 * @throws CliError NOT_FOUND when no stream of that name is declared
 */
export const contract: Command = {
  usage: 'contract show <stream>',
  summary: 'print what a stream declares, and its tables',
  about:
    'Prints a Markdown page about a declared stream: its topic, key, event time and lateness, the fields of its contract ' +
    'with their types and rules, its expectations, and the columns of its bronze, silver and gold tables with their types ' +
    'and descriptions. Reads the declaration only, not the lake.',
  examples: ['lake contract show events'],
  positionals: { least: 2, most: 2 },
  options: {},
  async run(context, args) {
    const action = args.positional(0)
    if (action !== 'show')
      throw new CliError('USAGE', `"${action}" is not something to do with a contract; there is show.`)
    await context.output.write(documentationOf(streamNamed({ streams }, args.positional(1))))
  },
}
