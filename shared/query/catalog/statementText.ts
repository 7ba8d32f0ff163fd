/**
 * A token of a DuckDB statement's text. Places are counted in bytes of UTF-8, as DuckDB's parser counts them
 * (`query_location`).
 */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  /** As it is in the text, in bytes as Latin-1 characters. */
  readonly text: string
  readonly start: number
  readonly end: number
}

/** A piece of the text and its replacement. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

// Comments and space, then what a token can be; a character that begins none of them is a symbol.
const skipped = /(?:\s+|--[^\n]*|\/\*[^]*?(?:\*\/|$))+/y
const forms: readonly (readonly [Token['kind'], RegExp])[] = [
  ['string', /[eExX]?'(?:[^']|'')*(?:'|$)|\$([A-Za-z_\x80-\xff]*)\$[^]*?(?:\$\1\$|$)/y],
  ['quoted', /"(?:[^"]|"")*(?:"|$)/y],
  ['word', /[A-Za-z_\x80-\xff][\w$\x80-\xff]*/y],
  ['number', /\d[\w.]*/y],
  ['symbol', /=>|[^]/y],
]

/** The tokens of a statement, without comments and space. */
export function tokensOf(sql: string): readonly Token[] {
  const text = Buffer.from(sql, 'utf8').toString('latin1')
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  while (at < text.length) {
    at += match(skipped)?.length ?? 0
    for (const [kind, form] of at < text.length ? forms : []) {
      const found = match(form)
      if (found === undefined) continue
      tokens.push({ kind, text: found, start: at, end: at + found.length })
      at += found.length
      break
    }
  }
  return tokens
}

/** Whether a token is that keyword or symbol. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token !== undefined && token.kind !== 'quoted' && token.kind !== 'string' && token.text.toUpperCase() === word
}

/** The name that a token is, without its quotes; undefined for what is no name. */
export function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'word') return utf8(token.text)
  return token?.kind === 'quoted' ? utf8(token.text.slice(1, -1).replaceAll('""', '"')) : undefined
}

/** The statement with the edits made. */
export function edited(sql: string, edits: readonly Edit[]): string {
  let text = Buffer.from(sql, 'utf8').toString('latin1')
  for (const { start, end, text: replacement } of edits.toSorted((a, b) => b.start - a.start)) {
    text = text.slice(0, start) + Buffer.from(replacement, 'utf8').toString('latin1') + text.slice(end)
  }
  return utf8(text)
}

const utf8 = (latin1: string) => Buffer.from(latin1, 'latin1').toString('utf8')
