import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

import { asError } from '../../errors.js'
import { redactedAddress } from '../../storage/index.js'
import { CliError } from '../cliError.js'
import { type CommandSpec, optionsOf } from './commandSpec.js'
import { splitNames } from './nameList.js'

/** An option as it stood on the command line. */
export interface GivenOption {
  readonly option: string
  readonly value: string
}

/** What stands behind a command's name, checked against what the command takes. */
export class Arguments {
  readonly positionals: readonly string[]
  /** The options that have values, in the order they were given. */
  readonly given: readonly GivenOption[]
  readonly #values: ReadonlyMap<string, string | boolean>

  private constructor(
    positionals: readonly string[],
    values: ReadonlyMap<string, string | boolean>,
    given: readonly GivenOption[],
  ) {
    this.positionals = positionals
    this.given = given
    this.#values = values
  }

  /** @throws CliError USAGE that names the argument */
  static parse(name: string, command: CommandSpec, args: readonly string[]): Arguments {
    const specs = optionsOf(command)
    if (command.printsRows !== true && args.some(word => /^--format(?:=|$)/.test(word))) {
      throw new CliError('USAGE', `lake ${name} prints no rows, so it has no --format. See: lake ${name} --help`)
    }
    const config: ParseArgsOptionsConfig = Object.fromEntries(
      Object.entries(specs).map(([option, { value }]) => [
        option,
        { type: value === undefined ? 'boolean' : 'string' },
      ]),
    )
    let parsed
    try {
      parsed = parseArgs({ args: [...args], options: config, allowPositionals: true, tokens: true })
    } catch (thrown) {
      throw new CliError('USAGE', `${parsingFault(asError(thrown).message)} See: lake ${name} --help`)
    }
    const { positionals } = parsed
    const values = new Map(
      Object.entries(parsed.values).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value as string | boolean]],
      ),
    )
    const given = parsed.tokens.flatMap((token): GivenOption[] =>
      token.kind === 'option' && token.value !== undefined ? [{ option: token.name, value: token.value }] : [],
    )
    const twice = given.find(
      ({ option }, i) => specs[option]?.repeats !== true && given.findIndex(other => other.option === option) < i,
    )
    if (twice !== undefined) throw new CliError('USAGE', `--${twice.option} is given twice. See: lake ${name} --help`)
    const { least, most } = command.positionals
    if (values.get('help') !== true && (positionals.length < least || positionals.length > most)) {
      const extra = positionals[most]
      const what =
        extra === undefined
          ? `${command.usage
              .split(' ')
              .slice(1 + positionals.length)
              .join(' ')} is missing`
          : `"${redactedAddress(extra)}" is one argument too many`
      throw new CliError('USAGE', `${what}: lake ${command.usage}`)
    }
    return new Arguments(positionals, values, given)
  }

  positional(index: number): string {
    return this.positionals[index] ?? ''
  }

  flag(option: string): boolean {
    return this.#values.get(option) === true
  }

  text(option: string): string | undefined {
    const value = this.#values.get(option)
    return typeof value === 'string' ? value : undefined
  }

  /** Every value of an option that may be given more than once, in order. */
  values(option: string): readonly string[] {
    return this.given.flatMap(given => (given.option === option ? [given.value] : []))
  }

  /** One of a closed list of words. */
  oneOf<T extends string>(option: string, words: readonly T[]): T | undefined {
    const text = this.text(option)
    if (text === undefined) return undefined
    const word = words.find(known => known === text)
    if (word === undefined) throw new CliError('USAGE', `--${option} ${text} is none of ${words.join(', ')}.`)
    return word
  }

  /** A number from `least` to `most`. */
  number(option: string, least: number, most: number): number | undefined {
    const text = this.text(option)
    if (text === undefined) return undefined
    const value = Number(text)
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new CliError('USAGE', `--${option} ${text} is not a number from ${least} to ${most}.`)
    }
    return value
  }

  /** A whole number from `least` to `most`. */
  whole(option: string, least = 0, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.number(option, least, most)
    if (value !== undefined && !Number.isInteger(value)) {
      throw new CliError('USAGE', `--${option} ${value} is not a whole number.`)
    }
    return value
  }

  /** Names separated by commas, each once and at least one; in quotes or backticks perhaps. */
  list(option: string): readonly string[] | undefined {
    const text = this.text(option)
    const names = text === undefined ? undefined : splitNames(text)
    if (names?.length === 0)
      throw new CliError('USAGE', `--${option} names nothing; say a name, or several separated by commas.`)
    const twice = names?.find((name, i) => names.indexOf(name) < i)
    if (twice !== undefined) throw new CliError('USAGE', `--${option} names ${twice} twice.`)
    return names
  }
}

/** What Node's parser says of a command line, in one sentence. */
export function parsingFault(message: string): string {
  const dashed = /^Option '(?:-\w, )?(--[\w-]+).*' argument is ambiguous/.exec(message)?.[1]
  if (dashed !== undefined) return `${dashed} has no value; one that begins with a dash is written ${dashed}=-1.`
  const [sentence = ''] = message.split('. ')
  return sentence.replace(/\.?$/, '.')
}
