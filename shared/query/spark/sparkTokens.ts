import { QueryError } from '../duckdb/index.js'

/** A piece of Spark's SQL. */
export type SparkToken =
  /** Bare words, in their own letter case; `quoted` ones are names and never key words. */
  | { readonly kind: 'word'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'string'; readonly text: string }
  /** Digits as written, and the suffix that gives a type. */
  | { readonly kind: 'number'; readonly text: string; readonly suffix: string }
  | { readonly kind: 'symbol'; readonly text: string }

const space = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)/
const number = /^(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)(BD|[LSYDF])?(?![\w.])/i
const word = /^[\p{L}_][\p{L}\p{N}_]*/u
const symbol = /^(?:<=>|<>|!=|==|<=|>=|\|\||[-+*/%=<>!~&|^(),.])/

/** The tokens of an expression, with the place that a parser has reached. */
export class SparkTokens {
  readonly #tokens: readonly SparkToken[]
  /** May be set back. */
  position = 0

  /** @throws QueryError QUERY_UNSUPPORTED_EXPRESSION for what has no place in an expression that is known here */
  constructor(sql: string) {
    this.#tokens = tokensOf(sql)
  }

  /** Undefined at the end. */
  get current(): SparkToken | undefined {
    return this.#tokens[this.position]
  }

  take(): SparkToken | undefined {
    return this.#tokens[this.position++]
  }

  isWord(word: string): boolean {
    const token = this.current
    return token?.kind === 'word' && !token.quoted && token.text.toUpperCase() === word
  }

  /** Passes the word if it is there, in any case. */
  takeWord(word: string): boolean {
    const found = this.isWord(word)
    if (found) this.position++
    return found
  }

  /** Passes the symbol if it is there. */
  takeSymbol(text: string): boolean {
    const token = this.current
    const found = token?.kind === 'symbol' && token.text === text
    if (found) this.position++
    return found
  }

  needWord(word: string): void {
    if (!this.takeWord(word)) throw unsupported(`no ${word} where one is expected`)
  }

  needSymbol(text: string): void {
    if (!this.takeSymbol(text))
      throw unsupported(`${JSON.stringify(this.current?.text ?? 'an end')} where ${JSON.stringify(text)} is expected`)
  }

  requireEnd(): void {
    const token = this.current
    if (token !== undefined) throw unsupported(`${JSON.stringify(token.text)} where nothing more is expected`)
  }
}

function tokensOf(sql: string): SparkToken[] {
  const tokens: SparkToken[] = []
  let rest = sql
  const take = (length: number) => (rest = rest.slice(length))
  for (;;) {
    const blank = space.exec(rest)
    if (blank !== null) {
      take(blank[0].length)
      continue
    }
    if (rest === '') return tokens
    const [first = ''] = rest
    if (first === '`') {
      const [whole, name] = /^`((?:[^`]|``)+)`/.exec(rest) ?? []
      if (whole === undefined || name === undefined) throw unsupported('a name in backticks that does not end')
      tokens.push({ kind: 'word', text: name.replaceAll('``', '`'), quoted: true })
      take(whole.length)
    } else if (first === "'" || first === '"') {
      const [whole] = (first === "'" ? /^'(?:[^'\\]|\\[^])*'/ : /^"(?:[^"\\]|\\[^])*"/).exec(rest) ?? []
      if (whole === undefined) throw unsupported('a text that does not end')
      // To some versions of Spark two quotes are one, to others two strings side by side.
      if (tokens.at(-1)?.kind === 'string') throw unsupported('strings side by side')
      tokens.push({ kind: 'string', text: unescaped(whole.slice(1, -1)) })
      take(whole.length)
    } else {
      const numeral = number.exec(rest)
      const bare = numeral === null ? word.exec(rest) : null
      const sign = numeral === null && bare === null ? symbol.exec(rest) : null
      if (numeral !== null)
        tokens.push({ kind: 'number', text: numeral[1] ?? '', suffix: (numeral[2] ?? '').toUpperCase() })
      else if (bare !== null) tokens.push({ kind: 'word', text: bare[0], quoted: false })
      else if (sign !== null) tokens.push({ kind: 'symbol', text: sign[0] })
      else throw unsupported(JSON.stringify(first))
      take((numeral ?? bare ?? sign)?.[0].length ?? 1)
    }
  }
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  '%': '\\%',
  _: '\\_',
}

/** A string literal's text (Spark's `unescapeSQLString`); `\%` and `\_` stay, for LIKE. */
function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|[^])/g, (_, escape: string) => {
    if (/^u./.test(escape) || /^U./.test(escape)) return String.fromCodePoint(parseInt(escape.slice(1), 16))
    if (/^\d{3}$/.test(escape)) return String.fromCharCode(parseInt(escape, 8))
    return escapes[escape] ?? escape
  })
}

/** `QUERY_UNSUPPORTED_EXPRESSION`; `what` is the part that has no sure meaning here, as it completes "Spark's SQL has". */
export function unsupported(what: string): QueryError {
  return new QueryError(
    'QUERY_UNSUPPORTED_EXPRESSION',
    `Spark's SQL has ${what} here; it is not evaluated, as it could come to mean something else; say it in another way, or write with Spark`,
  )
}
