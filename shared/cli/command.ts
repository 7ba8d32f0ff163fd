import type { Arguments } from './arguments.js'
import type { Shell } from './shell.js'

/** One option of a command. */
export interface OptionSpec {
  /** What stands for the value in the usage, as `N`; absent for a flag. */
  readonly value?: string | undefined
  /** It may be given more than once. */
  readonly repeats?: true | undefined
  readonly about: string
}

/** One command of `lake`. */
export interface Command {
  /** As `read <table>`; the options are added by themselves. */
  readonly usage: string
  /** What it does, in a few words, for the list of commands. */
  readonly summary: string
  /** The same in whole sentences. */
  readonly about: string
  /** How many arguments besides the options. */
  readonly positionals: { readonly least: number; readonly most: number }
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Rejects with what went wrong; anything else is success. */
  run(shell: Shell, args: Arguments): Promise<void>
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  format: { value: 'table|csv|jsonl', about: 'how rows are printed; table on a terminal, jsonl otherwise' },
  debug: { about: 'log every step, and print the stack of an error' },
  help: { about: 'this text' },
}
