import {
  columnKey,
  type DataType,
  type PrimitiveType,
  type StructField,
  type StructType,
  variantType,
} from '../../types/index.js'
import { badSchema, SchemaTokens } from './schemaTokens.js'

/**
 * Schemas in the syntax of Spark's SQL: `id BIGINT NOT NULL, tags ARRAY<STRING>, at TIMESTAMP COMMENT 'when', pair
 * STRUCT<x: INT, y: DECIMAL(10,2)>`. Names with other characters than letters, digits and `_` stand in backticks; the
 * case of types does not matter.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA that names the place and what is expected there
 */
export function parseSchemaText(text: string): StructType {
  const tokens = new SchemaTokens(text)
  const parser = new Parser(tokens)
  const fields = parser.fields([], undefined)
  tokens.requireEnd()
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
  const tokens = new SchemaTokens(text)
  const parser = new Parser(tokens)
  const path = [tokens.name('the name of a column')]
  while (tokens.take('.')) path.push(tokens.name('the name of a field'))
  const field = parser.fieldBehind(path)
  const position = parser.position()
  tokens.requireEnd()
  return { path, field, ...(position === undefined ? {} : { position }) }
}

/**
 * A type alone: `DECIMAL(10,2)`.
 *
 * @throws DeltaError DELTA_BAD_SCHEMA as {@link parseSchemaText}
 */
export function parseTypeText(text: string): DataType {
  const tokens = new SchemaTokens(text)
  const parser = new Parser(tokens)
  const type = parser.type([])
  tokens.requireEnd()
  return type
}

/** The names that Spark's SQL has for types without parameters, in lower case. */
export const sparkTypeNames: Readonly<Record<string, PrimitiveType>> = {
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

class Parser {
  readonly #tokens: SchemaTokens

  constructor(tokens: SchemaTokens) {
    this.#tokens = tokens
  }

  /** Fields separated by commas, up to the end or to `close`. */
  fields(path: readonly string[], close: '>' | undefined): StructField[] {
    const fields: StructField[] = []
    if (close !== undefined && this.#tokens.isSign(close)) return fields
    do {
      const name = this.#tokens.name(
        fields.length === 0 || !this.#tokens.isEnd ? 'the name of a column' : 'another column behind the comma',
      )
      if (close !== undefined) this.#tokens.take(':')
      const field = this.fieldBehind([...path, name])
      const twin = fields.find(other => other.name.toLowerCase() === field.name.toLowerCase())
      if (twin !== undefined)
        throw badSchema(`column ${columnKey([...path, field.name])} stands twice`, columnKey([...path, field.name]))
      fields.push(field)
    } while (this.#tokens.take(','))
    return fields
  }

  /** What follows a field's name. */
  fieldBehind(path: readonly string[]): StructField {
    const name = path.at(-1) ?? ''
    const type = this.type(path)
    let nullable = true
    let comment: string | undefined
    for (;;) {
      if (this.#tokens.takeWord('not')) {
        if (!this.#tokens.takeWord('null')) throw this.#tokens.expected('NULL behind NOT')
        nullable = false
      } else if (this.#tokens.takeWord('null')) nullable = true
      else if (this.#tokens.takeWord('comment')) comment = this.#tokens.quotedText()
      else break
    }
    const refused = this.#tokens.current.kind === 'name' ? clauses[this.#tokens.current.text.toLowerCase()] : undefined
    if (refused !== undefined)
      throw badSchema(
        `column ${columnKey(path)} has the clause ${this.#tokens.current.text.toUpperCase()}: ${refused}`,
        columnKey(path),
      )
    return { name, type, nullable, metadata: comment === undefined ? {} : { comment } }
  }

  position(): ColumnText['position'] {
    if (this.#tokens.takeWord('first')) return 'first'
    return this.#tokens.takeWord('after')
      ? { after: this.#tokens.name('the name of a column behind AFTER') }
      : undefined
  }

  type(path: readonly string[]): DataType {
    const { text, kind } = this.#tokens.current
    const word = kind === 'name' ? text.toLowerCase() : ''
    const simple = Object.hasOwn(sparkTypeNames, word) ? sparkTypeNames[word] : undefined
    if (simple === undefined && !decimalNames.has(word) && !['array', 'map', 'struct', 'variant'].includes(word)) {
      if (/^(?:var)?char$|^character$/.test(word))
        throw badSchema(
          `the type ${text.toUpperCase()} has a length, which is not checked here; say STRING`,
          columnKey(path),
        )
      throw this.#tokens.expected(
        `a type${path.length === 0 ? '' : ` of column ${columnKey(path)}`}, as BIGINT, DECIMAL(10,2), ARRAY<STRING>, MAP<STRING, INT> or STRUCT<x: INT>`,
      )
    }
    this.#tokens.advance()
    if (simple !== undefined) return simple
    if (decimalNames.has(word)) return this.#decimal(path)
    if (word === 'variant') return variantType
    this.#tokens.need('<')
    const type = this.#nested(word, path)
    this.#tokens.need('>')
    return type
  }

  #nested(word: string, path: readonly string[]): DataType {
    if (word === 'struct') return { type: 'struct', fields: this.fields(path, '>') }
    if (word === 'array') return { type: 'array', elementType: this.type([...path, 'element']), containsNull: true }
    const keyType = this.type([...path, 'key'])
    this.#tokens.need(',')
    return { type: 'map', keyType, valueType: this.type([...path, 'value']), valueContainsNull: true }
  }

  #decimal(path: readonly string[]): DataType {
    if (!this.#tokens.take('(')) return { type: 'decimal', precision: 10, scale: 0 }
    const precision = this.#tokens.digits()
    const scale = this.#tokens.take(',') ? this.#tokens.digits() : 0
    this.#tokens.need(')')
    if (precision >= 1 && precision <= 38 && scale <= precision) return { type: 'decimal', precision, scale }
    throw badSchema(
      `DECIMAL(${precision},${scale}) cannot be: 1 to 38 digits, no more of them behind the point than in all`,
      columnKey(path),
    )
  }
}
