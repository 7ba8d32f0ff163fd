import { optionsOf, type OptionSpec } from './arguments/index.js'
import type { Command } from './command.js'

/** The text of `--help`. */

/** What `lake <command> --help` prints. */
export function commandHelp(command: Command): string {
  return [
    `Usage: lake ${command.usage}${Object.keys(command.options).length === 0 ? '' : ' [options]'}`,
    '',
    ...wrap(command.about, 100),
    '',
    ...optionLines(optionsOf(command)),
    '',
    'Examples:',
    ...command.examples.map(example => `  ${example}`),
    '',
  ].join('\n')
}

/** What `lake --help` prints: the commands in the order given. */
export function generalHelp(all: readonly Command[]): string {
  const width = Math.max(...all.map(c => c.usage.length))
  return [
    'Usage: lake <command> [options]',
    '',
    ...all.map(c => `  ${c.usage.padEnd(width)}  ${c.summary}`),
    '',
    'lake <command> --help says more. <table> is a name (bronze.events, silver.events, bronze.events_quarantine,',
    'monitor_logs), a local path, or the URL of a folder in blob storage.',
    '',
    'Settings come from the environment, then from local.settings.json; above all KAFKA_BROKERS and LAKE_URL. While',
    '`npm start` or `npm run stack` runs, its addresses are found by themselves.',
    '',
  ].join('\n')
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  const entries = Object.entries(options).map(
    ([name, { value, about }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, about] as const,
  )
  const width = Math.max(...entries.map(([left]) => left.length))
  return entries.map(([left, about]) => `  ${left.padEnd(width)}  ${about}`)
}

function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap(paragraph => {
    const lines = ['']
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1) ?? ''
      if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
      else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
    }
    return lines
  })
}
