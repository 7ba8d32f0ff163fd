import {
  columnKey,
  type DataType,
  type PrimitiveType,
  type StructField,
  type StructType,
  variantType,
} from '../../types/index.js'
import { DeltaError } from '../deltaError.js'

/**
 * Schemas in the syntax of Spark's SQL: `id BIGINT NOT NULL, tags ARRAY<STRING>, at TIMESTAMP COMMENT 'when', pair
 * STRUCT<x: INT, y: DECIMAL(10,2)>`. Names with other characters than letters, digits and `_` stand in backticks; the
 * case of types does not matter.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA that names the place and what is expected there
 */
export function parseSchemaText(text: string): StructType {
  const parser = new Parser(text)
  const fields = parser.fields([], undefined)
  parser.end()
  return { type: 'struct', fields }
}

/** A column to be added, and where. */
export interface ColumnText {
  /** The names of the structs that it lies in, and its own. */
  readonly path: readonly string[]
  readonly field: StructField
  readonly position?: 'first' | { readonly after: string } | undefined
}

/**
 * One column: `name TYPE [NOT NULL] [COMMENT '…'] [FIRST | AFTER other]`; a dotted name is the path of a field inside
 * others.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA as {@link parseSchemaText}
 */
export function parseColumnText(text: string): ColumnText {
  const parser = new Parser(text)
  const path = [parser.name('the name of a column')]
  while (parser.take('.')) path.push(parser.name('the name of a field'))
  const field = parser.fieldBehind(path)
  const position = parser.position()
  parser.end()
  return { path, field, ...(position === undefined ? {} : { position }) }
}

/**
 * A type alone: `DECIMAL(10,2)`.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA as {@link parseSchemaText}
 */
export function parseTypeText(text: string): DataType {
  const parser = new Parser(text)
  const type = parser.type([])
  parser.end()
  return type
}

const typeNames: Readonly<Record<string, PrimitiveType>> = {
  boolean: 'boolean',
  byte: 'byte',
  tinyint: 'byte',
  short: 'short',
  smallint: 'short',
  int: 'integer',
  integer: 'integer',
  long: 'long',
  bigint: 'long',
  float: 'float',
  real: 'float',
  double: 'double',
  date: 'date',
  timestamp: 'timestamp',
  timestamp_ltz: 'timestamp',
  timestamp_ntz: 'timestamp_ntz',
  string: 'string',
  binary: 'binary',
  void: 'void',
}

const decimalNames: ReadonlySet<string> = new Set(['decimal', 'dec', 'numeric'])
const clauses: Readonly<Record<string, string>> = {
  default: 'default values are not evaluated here',
  generated: 'generated and identity columns are not computed here',
  collate: 'collations are not known here',
}

const token = /\s*(?:(`(?:[^`]|``)*`)|('(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")|([\p{L}\p{N}_]+)|(\S)|$)/uy

type Token =
  | { readonly kind: 'name' | 'quoted' | 'text' | 'sign'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number }

class Parser {
  readonly #text: string
  #next = 0
  #token: Token

  constructor(text: string) {
    this.#text = text
    this.#token = this.#read()
  }

  /** Fields separated by commas, up to the end or to `close`. */
  fields(path: readonly string[], close: '>' | undefined): StructField[] {
    const fields: StructField[] = []
    if (close !== undefined && this.#is(close)) return fields
    do {
      const name = this.name(
        fields.length === 0 || !this.#is('end') ? 'the name of a column' : 'another column behind the comma',
      )
      if (close !== undefined) this.take(':')
      const field = this.fieldBehind([...path, name])
      const twin = fields.find(other => other.name.toLowerCase() === field.name.toLowerCase())
      if (twin !== undefined)
        throw bad(`column ${columnKey([...path, field.name])} stands twice`, columnKey([...path, field.name]))
      fields.push(field)
    } while (this.take(','))
    return fields
  }

  /** What follows a field's name. */
  fieldBehind(path: readonly string[]): StructField {
    const name = path.at(-1) ?? ''
    const type = this.type(path)
    let nullable = true
    let comment: string | undefined
    for (;;) {
      if (this.#word('not')) {
        if (!this.#word('null')) throw this.#expected('NULL behind NOT')
        nullable = false
      } else if (this.#word('null')) nullable = true
      else if (this.#word('comment')) comment = this.#quotedText()
      else break
    }
    const refused = this.#token.kind === 'name' ? clauses[this.#token.text.toLowerCase()] : undefined
    if (refused !== undefined)
      throw bad(
        `column ${columnKey(path)} has the clause ${this.#token.text.toUpperCase()}: ${refused}`,
        columnKey(path),
      )
    return { name, type, nullable, metadata: comment === undefined ? {} : { comment } }
  }

  position(): ColumnText['position'] {
    if (this.#word('first')) return 'first'
    return this.#word('after') ? { after: this.name('the name of a column behind AFTER') } : undefined
  }

  type(path: readonly string[]): DataType {
    const { text, kind } = this.#token
    const word = kind === 'name' ? text.toLowerCase() : ''
    const simple = Object.hasOwn(typeNames, word) ? typeNames[word] : undefined
    if (simple === undefined && !decimalNames.has(word) && !['array', 'map', 'struct', 'variant'].includes(word)) {
      if (/^(?:var)?char$|^character$/.test(word))
        throw bad(`the type ${text.toUpperCase()} has a length, which is not checked here; say STRING`, columnKey(path))
      throw this.#expected(
        `a type${path.length === 0 ? '' : ` of column ${columnKey(path)}`}, as BIGINT, DECIMAL(10,2), ARRAY<STRING>, MAP<STRING, INT> or STRUCT<x: INT>`,
      )
    }
    this.#advance()
    if (simple !== undefined) return simple
    if (decimalNames.has(word)) return this.#decimal(path)
    if (word === 'variant') return variantType
    this.#need('<')
    const type = this.#nested(word, path)
    this.#need('>')
    return type
  }

  #nested(word: string, path: readonly string[]): DataType {
    if (word === 'struct') return { type: 'struct', fields: this.fields(path, '>') }
    if (word === 'array') return { type: 'array', elementType: this.type([...path, 'element']), containsNull: true }
    const keyType = this.type([...path, 'key'])
    this.#need(',')
    return { type: 'map', keyType, valueType: this.type([...path, 'value']), valueContainsNull: true }
  }

  #decimal(path: readonly string[]): DataType {
    if (!this.take('(')) return { type: 'decimal', precision: 10, scale: 0 }
    const precision = this.#digits()
    const scale = this.take(',') ? this.#digits() : 0
    this.#need(')')
    if (precision >= 1 && precision <= 38 && scale <= precision) return { type: 'decimal', precision, scale }
    throw bad(
      `DECIMAL(${precision},${scale}) cannot be: 1 to 38 digits, no more of them behind the point than in all`,
      columnKey(path),
    )
  }

  #digits(): number {
    const { kind, text } = this.#token
    if (kind !== 'name' || !/^\d{1,4}$/.test(text)) throw this.#expected('a number')
    this.#advance()
    return Number(text)
  }

  #quotedText(): string {
    const { kind, text } = this.#token
    if (kind !== 'text') throw this.#expected("a text in quotes, as 'when it happened'")
    this.#advance()
    const inner = text.slice(1, -1)
    return (text.startsWith("'") ? inner.replaceAll("''", "'") : inner).replace(
      /\\(.)/gs,
      (_, char: string) => ({ n: '\n', t: '\t', r: '\r', 0: '\0' })[char] ?? char,
    )
  }

  name(what: string): string {
    const { kind, text } = this.#token
    if (kind !== 'name' && kind !== 'quoted') throw this.#expected(what)
    this.#advance()
    return kind === 'name' ? text : text.slice(1, -1).replaceAll('``', '`')
  }

  end(): void {
    if (this.#token.kind !== 'end') throw this.#expected('a comma or the end')
  }

  take(sign: string): boolean {
    if (!this.#is(sign)) return false
    this.#advance()
    return true
  }

  #need(sign: string): void {
    if (!this.take(sign)) throw this.#expected(sign)
  }

  #word(word: string): boolean {
    if (this.#token.kind !== 'name' || this.#token.text.toLowerCase() !== word) return false
    this.#advance()
    return true
  }

  #is(sign: string): boolean {
    return sign === 'end' ? this.#token.kind === 'end' : this.#token.kind === 'sign' && this.#token.text === sign
  }

  #advance(): void {
    this.#token = this.#read()
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

  #expected(what: string): DeltaError {
    const { kind, at } = this.#token
    const place = kind === 'end' ? 'at its end' : `at ${JSON.stringify(this.#text.slice(at, at + 30))}`
    return bad(`the text of a schema is wrong ${place}: expected ${what}`)
  }
}

function bad(message: string, field?: string): DeltaError {
  return new DeltaError('DELTA_BAD_SCHEMA', message, field === undefined ? {} : { data: { field } })
}
