import { CliError } from '../cliError.js'
import type { Command } from '../command.js'
import { runningStack } from '../runningStack.js'

/**
 * `lake env`: an address that holds a secret is left out.
 * @throws CliError NOT_FOUND while no stack runs
 */
export const env: Command = {
  usage: 'env',
  summary: 'print the addresses of the running stack',
  about:
    'Prints the addresses of the running stack (npm start, npm run stack), one a line, for a shell to read: ' +
    'KAFKA_BROKERS=…, LAKE_URL=… and, while the functions run, FUNCTIONS_URL=… and FUNCTIONS_PID=…, their process.\nexport $(npx lake env) sets them.',
  examples: ['export $(npx lake env)'],
  positionals: { least: 0, most: 0 },
  options: {},
  async run(context) {
    const stack = runningStack(context.projectFolder)
    if (stack === undefined) {
      throw new CliError('NOT_FOUND', 'No stack runs in this checkout; start one with `npm start` or `npm run stack`.')
    }
    const { kafkaBrokers, lakeUrl, functionsUrl, processes } = stack
    const values = {
      KAFKA_BROKERS: kafkaBrokers,
      LAKE_URL: lakeUrl,
      FUNCTIONS_URL: functionsUrl,
      FUNCTIONS_PID: processes['Functions']?.toString(),
    }
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined && value !== '') await context.output.write(`${name}=${shellWord(value)}\n`)
    }
  },
}

/** A value as a shell reads it; quoted only when it must be. */
export function shellWord(value: string): string {
  return /^[\w.,:/%@+=-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}
