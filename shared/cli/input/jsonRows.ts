import type { Rows } from '../../delta/index.js'
import { isJsonObject, type Json, parseJson, type StructField, type StructType, type Value } from '../../types/index.js'
import { CliError } from '../cliError.js'
import { fieldReaders } from './jsonValue.js'
import { TypeMismatchError } from './typeMismatch.js'

/** How JSON lines are cut into pieces, and which of their deviations from the schema are let pass. */
export interface JsonRowsOptions {
  /** What messages call the input. */
  readonly name: string
  /** Rows that are passed on at once; default 10,000. */
  readonly pieceRows?: number | undefined
  /** Rows that stand for parts of rows: they may lack columns that may not be null. */
  readonly partial?: boolean | undefined
  /** Whether columns that the schema lacks may be there as long as they are null. */
  readonly unknownNulls?: boolean | undefined
}

/**
 * Rows out of JSON lines, one object a line, typed by a table's schema. A piece has the columns that one of its lines
 * names; blank lines are passed over.
 *
 * @throws CliError BAD_INPUT that names the line, the column and what was expected
 */
export async function* jsonRows(
  lines: AsyncIterable<string>,
  schema: StructType,
  options: JsonRowsOptions,
): AsyncGenerator<Rows> {
  const { name, pieceRows = 10_000 } = options
  const readers = fieldReaders(schema.fields, [], options)
  let piece = new Piece(schema.fields)
  let number = 0
  for await (const line of lines) {
    number++
    const json = parsedLine(line, number, name)
    if (json === undefined) continue
    try {
      piece.add(
        Object.keys(json).map(key => readers.fieldOf(key)?.name ?? key),
        readers.read(json),
      )
    } catch (error) {
      if (error instanceof TypeMismatchError) throw badLine(name, number, error.message)
      throw error
    }
    if (piece.count < pieceRows) continue
    yield piece.rows()
    piece = new Piece(schema.fields)
  }
  if (piece.count > 0) yield piece.rows()
}

/** The object on a line; undefined for a blank one. @throws CliError BAD_INPUT */
export function parsedLine(
  line: string,
  number: number,
  name: string,
): Readonly<Record<string, Json | undefined>> | undefined {
  if (line.trim() === '') return undefined
  let json: Json
  try {
    json = parseJson(line)
  } catch {
    throw badLine(name, number, `expected a JSON object, found ${JSON.stringify(line.slice(0, 60))}`)
  }
  if (!isJsonObject(json)) throw badLine(name, number, `expected a JSON object, found ${line.trim().slice(0, 60)}`)
  return json
}

/**
 * The error of one line, which says that nothing was written: to be thrown before a commit.
 *
 * @param number from 1 on
 */
export function badLine(name: string, number: number, what: string): CliError {
  return new CliError('BAD_INPUT', `${name}, line ${number}: ${what}. Nothing was written.`, { data: { line: number } })
}

class Piece {
  count = 0
  readonly #named = new Set<string>()
  readonly #columns: readonly { readonly field: StructField; readonly data: Value[] }[]

  constructor(fields: readonly StructField[]) {
    this.#columns = fields.map(field => ({ field, data: [] }))
  }

  add(names: readonly string[], row: Readonly<Record<string, Value>>): void {
    for (const name of names) this.#named.add(name)
    for (const { field, data } of this.#columns) data.push(row[field.name] ?? null)
    this.count++
  }

  rows(): Rows {
    return { count: this.count, columns: this.#columns.filter(({ field }) => this.#named.has(field.name)) }
  }
}
