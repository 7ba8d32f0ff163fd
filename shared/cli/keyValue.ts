import { CliError } from './cliError.js'

/** `name=value` of an option; the value may hold further signs of equality. @throws CliError USAGE */
export function keyValue(option: string, text: string, sign: '=' | ':' = '='): readonly [name: string, value: string] {
  const [, quoted, plain, value] = new RegExp(`^\\s*(?:\`((?:[^\`]|\`\`)+)\`|([^${sign}]+?))\\s*${sign}([^]*)$`).exec(text) ?? []
  const name = quoted?.replaceAll('``', '`') ?? plain
  if (name === undefined || value === undefined) throw new CliError('USAGE', `--${option} ${JSON.stringify(text)} is not of the form name${sign}${sign === ':' ? ' ' : ''}value.`)
  return [name, value.trim()]
}
