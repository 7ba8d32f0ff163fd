import type { Arguments } from './arguments/index.js'
import { CliError } from './cliError.js'
import type { Output } from './output/index.js'

/** What a command has of the process it runs in; tests bring their own. */
export interface CommandContext {
  readonly output: Output
  /** Standard error: progress, questions, what is not the result. */
  readonly messages: Output
  readonly input: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined }
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The checkout: where `local.settings.json` and the running stack's state are. */
  readonly projectFolder: string
  /** What relative paths of the user's are relative to. */
  readonly workingFolder: string
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** `csv-safe` is CSV for spreadsheets: a text that one of them would take for a formula begins with an apostrophe. */
export const formats = ['table', 'csv', 'csv-safe', 'jsonl'] as const

/** A value of `--format`. */
export type Format = (typeof formats)[number]

/** How rows are to be printed. */
export function formatOf(context: CommandContext, args: Arguments): Format {
  const asked = args.text('format') ?? (context.output.isTerminal ? 'table' : 'jsonl')
  const format = formats.find(f => f === asked)
  if (format === undefined) throw new CliError('USAGE', `--format ${asked} is none of ${formats.join(', ')}.`)
  return format
}
