import { createReadStream, existsSync, statSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import type { Rows } from '../../delta/index.js'
import { bufferSource, openParquet, type ParquetFile, type ParquetSource } from '../../parquet/index.js'
import type { StructType } from '../../types/index.js'
import type { Arguments, OptionSpec } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import type { CommandContext } from '../commandContext.js'
import { withNewColumns } from './inferredSchema.js'
import { jsonRows, type JsonRowsOptions } from './jsonRows.js'
import { parquetRows, parquetSchema } from './parquetRows.js'

/** Rows that a user brings, as a file or through standard input; they can be read as often as need be. */
export interface RowInput {
  /** As messages call it. */
  readonly name: string
  /** The table's schema with the columns that only the input has; those that are null everywhere are left out. */
  withNewColumns(schema: StructType): Promise<StructType>
  /** Its rows typed by the schema, piece by piece. */
  rows(schema: StructType, options?: RowInputOptions): AsyncIterable<Rows>
}

/** How rows are read. Of a Parquet file only `pieceRows` says something: infinite, all its rows are one piece. */
export type RowInputOptions = Omit<JsonRowsOptions, 'name'>

/** The option of commands that take rows. */
export const fromOption: OptionSpec = { value: 'FILE', about: 'the rows: JSON lines or Parquet, - for standard input' }

/** @throws CliError USAGE when it is not there */
export function requiredFrom(args: Arguments): string {
  const from = args.text('from')
  if (from === undefined)
    throw new CliError('USAGE', 'Say where the rows are: --from FILE, or --from - for standard input.')
  return from
}

/** What a Parquet file begins with. */
const magic = 'PAR1'

/**
 * The input of `--from`: JSON lines or a Parquet file, distinguished by how it begins; `-` is standard input.
 * @throws CliError NOT_FOUND when there is no such file, USAGE when it is a folder
 */
export async function openRowInput(
  context: Pick<CommandContext, 'input' | 'workingFolder'>,
  from: string,
): Promise<RowInput> {
  if (from === '-') {
    const parts: Buffer[] = []
    for await (const part of context.input) parts.push(typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))
    const bytes = Buffer.concat(parts)
    const name = 'standard input'
    if (bytes.subarray(0, 4).toString('latin1') === magic)
      return parquetInput(name, bufferSource(new Uint8Array(bytes), name))
    return jsonInput(name, () => linesOf(name, [bytes]))
  }
  const path = resolve(context.workingFolder, from)
  if (!existsSync(path)) throw new CliError('NOT_FOUND', `There is no file ${path}.`)
  if (statSync(path).isDirectory())
    throw new CliError('USAGE', `${path} is a folder; --from takes a file of JSON lines, or a Parquet file.`)
  const start = await firstBytes(path)
  if (start === magic) return parquetInput(from, bufferSource(new Uint8Array(await readFile(path)), from))
  return jsonInput(from, () => linesOf(from, createReadStream(path)))
}

function jsonInput(name: string, lines: () => AsyncIterable<string>): RowInput {
  return {
    name,
    withNewColumns: schema => withNewColumns(lines(), schema, name),
    rows: (schema, options = {}) => jsonRows(lines(), schema, { ...options, name }),
  }
}

function parquetInput(name: string, source: ParquetSource): RowInput {
  let opened: Promise<ParquetFile> | undefined
  const file = () => (opened ??= openParquet(source))
  return {
    name,
    withNewColumns: async schema => parquetSchema(await file(), schema, name),
    rows: async function* (schema, { pieceRows } = {}) {
      yield* parquetRows(await file(), schema, { name, whole: pieceRows === Infinity })
    },
  }
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Lines of UTF-8 text, without their ends. */
async function* linesOf(name: string, parts: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decoded = (bytes: Buffer | undefined) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch {
      throw new CliError('BAD_INPUT', `${name} is not UTF-8 text. Nothing was written.`)
    }
  }
  let rest = ''
  for await (const part of parts) {
    const lines = (rest + decoded(part as Buffer)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoded(undefined)
  if (rest !== '') yield rest
}
