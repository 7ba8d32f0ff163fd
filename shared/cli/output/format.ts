import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import type { Output } from './output.js'

/** `csv-safe` is CSV for spreadsheets: a text that one of them would take for a formula begins with an apostrophe. */
export const formats = ['table', 'csv', 'csv-safe', 'jsonl'] as const

/** A value of `--format`. */
export type Format = (typeof formats)[number]

/** How rows are to be printed. */
export function formatOf(context: { readonly output: Output }, args: Arguments): Format {
  const asked = args.text('format') ?? (context.output.isTerminal ? 'table' : 'jsonl')
  const format = formats.find(f => f === asked)
  if (format === undefined) throw new CliError('USAGE', `--format ${asked} is none of ${formats.join(', ')}.`)
  return format
}
