import { DeltaError } from '../deltaError.js'

const token = /\s*(?:(`(?:[^`]|``)*`)|('(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")|([\p{L}\p{N}_]+)|(\S)|$)/uy

/** A piece of the text, and where it begins. */
type Token =
  | { readonly kind: 'name' | 'quoted' | 'text' | 'sign'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number }

/** The text of a schema, token by token: one is there, and is passed. */
export class SchemaTokens {
  readonly #text: string
  #next = 0
  #token: Token

  constructor(text: string) {
    this.#text = text
    this.#token = this.#read()
  }

  get current(): Token {
    return this.#token
  }

  get isEnd(): boolean {
    return this.#token.kind === 'end'
  }

  /** The text in quotes that is there. */
  quotedText(): string {
    const { kind, text } = this.#token
    if (kind !== 'text') throw this.expected("a text in quotes, as 'when it happened'")
    this.advance()
    const inner = text.slice(1, -1)
    return (text.startsWith("'") ? inner.replaceAll("''", "'") : inner).replace(
      /\\(.)/gs,
      (_, char: string) => ({ n: '\n', t: '\t', r: '\r', 0: '\0' })[char] ?? char,
    )
  }

  /** The name that is there, without its backticks. @param what it is the name of, for the error */
  name(what: string): string {
    const { kind, text } = this.#token
    if (kind !== 'name' && kind !== 'quoted') throw this.expected(what)
    this.advance()
    return kind === 'name' ? text : text.slice(1, -1).replaceAll('``', '`')
  }

  requireEnd(): void {
    if (!this.isEnd) throw this.expected('a comma or the end')
  }

  /** Passes the sign if it is there. */
  take(sign: string): boolean {
    if (!this.isSign(sign)) return false
    this.advance()
    return true
  }

  need(sign: string): void {
    if (!this.take(sign)) throw this.expected(sign)
  }

  /** Passes the word if it is there, in any case. */
  takeWord(word: string): boolean {
    if (this.#token.kind !== 'name' || this.#token.text.toLowerCase() !== word) return false
    this.advance()
    return true
  }

  isSign(sign: string): boolean {
    return this.#token.kind === 'sign' && this.#token.text === sign
  }

  advance(): void {
    this.#token = this.#read()
  }

  /** The error for what is there. */
  expected(what: string): DeltaError {
    const { kind, at } = this.#token
    const place = kind === 'end' ? 'at its end' : `at ${JSON.stringify(this.#text.slice(at, at + 30))}`
    return badSchema(`the text of a schema is wrong ${place}: expected ${what}`)
  }

  digits(): number {
    const { kind, text } = this.#token
    if (kind !== 'name' || !/^\d{1,4}$/.test(text)) throw this.expected('a number')
    this.advance()
    return Number(text)
  }

  #read(): Token {
    token.lastIndex = this.#next
    const match = token.exec(this.#text)
    const [whole = '', quoted, text, name, sign] = match ?? []
    this.#next += whole.length
    const found = quoted ?? text ?? name ?? sign
    const at = this.#next - (found?.length ?? 0)
    if (found === undefined) return { kind: 'end', text: '', at }
    return {
      kind: quoted !== undefined ? 'quoted' : text !== undefined ? 'text' : name !== undefined ? 'name' : 'sign',
      text: found,
      at,
    }
  }
}

/** @param field the key of the column that is wrong */
export function badSchema(message: string, field?: string): DeltaError {
  return new DeltaError('DELTA_BAD_SCHEMA', message, field === undefined ? {} : { data: { field } })
}
