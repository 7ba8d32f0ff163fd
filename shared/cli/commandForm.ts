/** One option of a command. */
export interface OptionSpec {
  /** What stands for the value in the usage, as `N`; absent for a flag. */
  readonly value?: string | undefined
  /** It may be given more than once. */
  readonly repeats?: true | undefined
  readonly about: string
}

/** What may stand behind a command's name. */
export interface CommandForm {
  /** As `read <table>`; the options are added by themselves. */
  readonly usage: string
  /** How many arguments besides the options. */
  readonly positionals: { readonly least: number; readonly most: number }
  readonly options: Readonly<Record<string, OptionSpec>>
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  format: { value: 'table|csv|csv-safe|jsonl', about: 'how rows are printed; table on a terminal, jsonl otherwise; csv-safe keeps spreadsheets from running texts as formulas' },
  debug: { about: 'log every step, and print the stack of an error' },
  help: { about: 'this text' },
}
