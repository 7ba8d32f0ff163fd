import { CliError } from '../cliError.js'
import { quotedName, unquotedName } from './nameList.js'

/**
 * `name=value` of an option, the name in quotes or backticks perhaps; the value may hold further signs.
 * @throws CliError USAGE for text of another form
 */
export function keyValue(option: string, text: string, sign: '=' | ':' = '='): readonly [name: string, value: string] {
  const [, quoted, plain, value] =
    new RegExp(`^\\s*(?:(${quotedName.source})|([^${sign}]+?))\\s*${sign}([^]*)$`).exec(text) ?? []
  const name = quoted === undefined ? plain : unquotedName(quoted)
  if (name === undefined || value === undefined)
    throw new CliError(
      'USAGE',
      `--${option} ${JSON.stringify(text)} is not of the form name${sign}${sign === ':' ? ' ' : ''}value.`,
    )
  return [name, value.trim()]
}
