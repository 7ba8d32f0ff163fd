/** One option of a command. */
export interface OptionSpec {
  /** What stands for the value in the usage, as `N`; absent for a flag. */
  readonly value?: string | undefined
  /** It may be given more than once. */
  readonly repeats?: true | undefined
  readonly about: string
}

/** What may stand behind a command's name. */
export interface CommandSpec {
  /** As `read <table>`; the options are added by themselves. */
  readonly usage: string
  /** How many arguments besides the options. */
  readonly positionals: { readonly least: number; readonly most: number }
  readonly options: Readonly<Record<string, OptionSpec>>
  /** It prints rows, and `--format` says how. */
  readonly printsRows?: true | undefined
  /** Values of `--format` besides those of rows, which the command prints in a way of its own. */
  readonly formats?: readonly string[] | undefined
}

/** All options that the command takes. */
export function optionsOf({ options, printsRows, formats = [] }: CommandSpec): Readonly<Record<string, OptionSpec>> {
  return { ...options, ...(printsRows === true ? { format: formatOption(formats) } : {}), ...commonOptions }
}

const formatOption = (more: readonly string[]): OptionSpec => ({
  value: ['table|csv|csv-safe|jsonl', ...more].join('|'),
  about:
    'how rows are printed; table on a terminal, jsonl otherwise; csv-safe keeps spreadsheets from running cells as formulas',
})

/** Options that every command has. */
const commonOptions: Readonly<Record<string, OptionSpec>> = {
  debug: { about: 'log every step, and print the stack of an error' },
  help: { about: 'this text' },
}
