import type { DataType, Value } from '../../types/index.js'
import type { ColumnBatch, RowSource } from './columnBatch.js'
import type { Format } from './format.js'
import type { Output } from './output.js'
import { leftOutText, TableLayout, widthOf } from './tableLayout.js'
import { cellText, jsonText } from './valueText.js'

/** Text is passed to the output in pieces of about so many characters. */
const pieceLength = 64 * 1024

/** Prints a result as it comes; its size does not matter to the memory. */
export async function printRows(output: Output, format: Format, source: RowSource): Promise<void> {
  switch (format) {
    case 'jsonl':
      return printPieces(output, source, jsonLines(source))
    case 'csv':
    case 'csv-safe': {
      const shown = format === 'csv' ? (text: string) => text : withoutFormula
      await output.write(csvLine(source.fields.map(f => shown(f.name))))
      return printPieces(output, source, csvLines(source, shown))
    }
    case 'table':
      return printTable(output, source)
  }
}

type LineOf = (batch: ColumnBatch, row: number) => string

async function printPieces(output: Output, source: RowSource, lineOf: LineOf): Promise<void> {
  for await (const batch of source.batches) {
    let piece = ''
    for (let row = 0; row < batch.rows; row++) {
      piece += lineOf(batch, row)
      if (piece.length < pieceLength) continue
      await output.write(piece)
      piece = ''
    }
    if (piece !== '') await output.write(piece)
  }
}

function jsonLines({ fields }: RowSource): LineOf {
  const parts = fields.map(({ name, type }, i) => ({
    start: `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`,
    text: jsonText(type),
  }))
  return ({ columns }, row) => {
    let line = parts.length === 0 ? '{' : ''
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as (typeof parts)[number]
      line += part.start + part.text(columns[i]?.[row])
    }
    return `${line}}\n`
  }
}

function csvLines({ fields }: RowSource, shown: (text: string) => string): LineOf {
  // Numbers may begin with a minus; a structure begins with a bracket.
  const formatters = fields.map(({ type }) => {
    const text = cellText(type)
    return type === 'string' ? (value: Value) => shown(text(value)) : text
  })
  return ({ columns }, row) =>
    csvLine(
      formatters.map((text, i) => {
        const value = columns[i]?.[row]
        // An empty text in quotes, so that it is not taken for a null.
        return value === '' ? '' : value === null || value === undefined ? undefined : text(value)
      }),
    )
}

/** A text that a spreadsheet would take for a formula, made a text by an apostrophe. */
export function withoutFormula(text: string): string {
  return /^\s*[=+\-@]/.test(text) || /^[\t\r]/.test(text) ? `'${text}` : text
}

/** A line by RFC 4180; undefined is null, which is nothing at all. */
export function csvLine(cells: readonly (string | undefined)[]): string {
  const quoted = cells.map(cell =>
    cell === undefined ? '' : cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
  )
  return `${quoted.join(',')}\n`
}

/** The widths of a table's columns are those of its first rows. */
const measuredRows = 1_000

async function printTable(output: Output, { fields, batches }: RowSource): Promise<void> {
  const formatters = fields.map(f => cellText(f.type))
  const layout = new TableLayout(
    fields.map(f => ({ name: f.name, alignRight: isNumber(f.type) })),
    widthOf(output),
  )
  const first: string[][] = []
  let begun = false
  let count = 0
  for await (const batch of batches) {
    let piece = ''
    for (let row = 0; row < batch.rows; row++) {
      const cells = formatters.map((text, i) => {
        const value = batch.columns[i]?.[row] ?? null
        return value === null ? 'NULL' : text(value)
      })
      if (begun) piece += layout.line(cells)
      else if (first.push(cells) >= measuredRows) {
        piece += layout.begin(first)
        begun = true
      }
      if (piece.length >= pieceLength) {
        await output.write(piece)
        piece = ''
      }
    }
    count += batch.rows
    if (piece !== '') await output.write(piece)
  }
  if (!begun) await output.write(layout.begin(first))
  const leftOut = layout.leftOut.length === 0 ? '' : `; ${leftOutText(layout)}`
  await output.write(`(${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}${leftOut})\n`)
}

function isNumber(type: DataType): boolean {
  if (typeof type !== 'string') return type.type === 'decimal'
  return ['byte', 'short', 'integer', 'long', 'float', 'double'].includes(type)
}
