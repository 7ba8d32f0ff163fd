import { parseArgs } from 'node:util'

import { parsingFault } from '../../shared/cli/index.js'
import { asError } from '../../shared/errors.js'
import { LocalStackError } from './localStackError.js'

/** The command line of `npm start` and `npm run stack`. A port in use gives way to the next free one. */
export interface StackOptions {
  readonly command: 'start' | 'stack'
  /** Events a second of each stream; 0 produces none. */
  readonly rate: number
  /** Percent of the events. */
  readonly duplicates: number
  readonly late: number
  readonly broken: number
  readonly tombstones: number
  readonly seed: number | undefined
  readonly kafkaPort: number
  readonly blobPort: number
  readonly functionsPort: number
  /** Asked for by functions that need one on Azure; none is asked for when absent. */
  readonly functionKey: string | undefined
  /** Seconds between two progress lines; 0 for none. */
  readonly progress: number
}

/** What `--help` prints. */
export const help = `Usage: npm start [-- options]       Kafka, blob storage, the functions and a producer of events, until Ctrl-C
       npm run stack [-- options]   only Kafka and blob storage

  --rate N             events a second and stream (default 200; 0 for none)
  --duplicates P       percent sent twice (default 1)
  --late P             percent whose event time is long past (default 2)
  --broken P           percent that break the contract (default 1)
  --tombstones P       percent that are tombstones (default 0.1)
  --seed N             the same events again
  --kafka-port N       preferred port of Kafka (default 9092)
  --blob-port N        preferred port of blob storage (default 10000)
  --functions-port N   preferred port of the functions (default 7071)
  --function-key KEY   asked for as on Azure (not asked for without)
  --progress S         seconds between progress lines (default 5; 0 for none)
  --help

KAFKA_BROKERS and LAKE_URL (environment or local.settings.json) name services that run already; these are then used
and not started. A port in use gives way to the next free one. State is kept in .lake/.
`

/** `--rate -5` as `--rate=-5`: all values are numbers, and the parser would take the second word for an option. */
function numbersJoined(args: readonly string[]): string[] {
  const joined: string[] = []
  for (const word of args) {
    const last = joined.at(-1)
    if (/^-[\d.]/.test(word) && last !== undefined && /^--[^=]+$/.test(last))
      joined[joined.length - 1] = `${last}=${word}`
    else joined.push(word)
  }
  return joined
}

/** @throws LocalStackError that names the argument */
export function parseOptions(args: readonly string[]): StackOptions | 'help' {
  const number = { type: 'string' } as const
  let parsed
  try {
    parsed = parseArgs({
      args: numbersJoined(args),
      allowPositionals: true,
      options: {
        rate: number,
        duplicates: number,
        late: number,
        broken: number,
        tombstones: number,
        seed: number,
        'kafka-port': number,
        'blob-port': number,
        'functions-port': number,
        progress: number,
        'function-key': { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (thrown) {
    throw new LocalStackError('USAGE', `${parsingFault(asError(thrown).message)} See: npm start -- --help`)
  }
  const { values, positionals } = parsed
  if (values.help === true) return 'help'
  const [command = 'start', ...rest] = positionals
  if ((command !== 'start' && command !== 'stack') || rest.length > 0) {
    throw new LocalStackError(
      'USAGE',
      `"${positionals.join(' ')}" is not a command; there are start and stack. See: npm start -- --help`,
    )
  }
  const between = (name: Exclude<keyof typeof values, 'function-key' | 'help'>, absent: number, most: number) => {
    const text = values[name]
    const value = text === undefined ? absent : Number(text)
    if (text === '' || !Number.isFinite(value) || value < 0 || value > most) {
      throw new LocalStackError(
        'USAGE',
        `--${name} ${String(text)} is not a number from 0 to ${most.toLocaleString('en-US')}.`,
      )
    }
    return value
  }
  return {
    command,
    rate: between('rate', 200, 1_000_000),
    duplicates: between('duplicates', 1, 100),
    late: between('late', 2, 100),
    broken: between('broken', 1, 100),
    tombstones: between('tombstones', 0.1, 100),
    seed: values.seed === undefined ? undefined : between('seed', 0, Number.MAX_SAFE_INTEGER),
    kafkaPort: between('kafka-port', 9092, 65_515),
    blobPort: between('blob-port', 10_000, 65_515),
    functionsPort: between('functions-port', 7071, 65_515),
    functionKey: values['function-key'],
    progress: between('progress', 5, 86_400),
  }
}
