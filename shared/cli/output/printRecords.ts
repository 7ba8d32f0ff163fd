import { formatJson, type Json, type JsonObject } from '../../types/index.js'
import type { Format } from './format.js'
import type { Output } from './output.js'
import { csvLine, withoutFormula } from './printRows.js'
import { leftOutText, TableLayout, widthOf } from './tableLayout.js'

/** Prints a short list of JSON objects; `columns` are those that a table or CSV shows, in that order. */
export async function printRecords(
  output: Output,
  format: Format,
  columns: readonly string[],
  records: readonly JsonObject[],
): Promise<void> {
  if (format === 'jsonl') {
    for (const record of records) await output.write(`${formatJson(record)}\n`)
    return
  }
  const cells = records.map(record => columns.map(name => cellOf(record[name])))
  if (format !== 'table') {
    const shown =
      format === 'csv'
        ? cells
        : cells.map((row, i) =>
            row.map((cell, c) =>
              typeof records[i]?.[columns[c] ?? ''] === 'string' ? withoutFormula(cell ?? '') : cell,
            ),
          )
    await output.write([csvLine(columns), ...shown.map(csvLine)].join(''))
    return
  }
  const isNumber = (name: string) => records.some(r => typeof r[name] === 'number' || typeof r[name] === 'bigint')
  const layout = new TableLayout(
    columns.map(name => ({ name, alignRight: isNumber(name) })),
    widthOf(output),
  )
  await output.write(layout.begin(cells.map(row => row.map(cell => cell ?? ''))))
  if (layout.leftOut.length > 0) await output.write(`(${leftOutText(layout)})\n`)
}

function cellOf(value: Json | undefined): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : formatJson(value)
}
