/** Names of columns on the command line, quoted as SQL has them. */

/** A name in double quotes, as conditions have it, or in backticks; the quote stands twice inside. */
export const quotedName = /"(?:[^"]|"")+"|`(?:[^`]|``)+`/

/** What is between the quotes. */
export function unquotedName(text: string): string {
  const quote = text.charAt(0)
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}

/** Names separated by commas, which quoted ones may hold; those that are empty are left out. */
export function splitNames(text: string): string[] {
  const name = new RegExp(`\\s*(?:(${quotedName.source})\\s*(?=,|$)|([^,]*))(?:,|$)`, 'y')
  const names: string[] = []
  while (name.lastIndex < text.length) {
    const [, quoted, plain = ''] = name.exec(text) ?? []
    const found = quoted === undefined ? plain.trim() : unquotedName(quoted)
    if (found !== '') names.push(found)
  }
  return names
}
