import { terminalLine } from '../telemetry/terminalText.js'

export interface TableColumn {
  readonly name: string
  readonly alignRight: boolean
}

/** Characters of a cell that are shown; more would push the other columns off the screen. */
const widestCell = 60

/** Rows as a table for people, the columns as wide as the first rows need. Pure; no I/O. */
export class TableLayout {
  readonly #columns: readonly TableColumn[]
  #widths: readonly number[] = []

  constructor(columns: readonly TableColumn[]) {
    this.#columns = columns.map(column => ({ ...column, name: shownCell(column.name) }))
  }

  /** Heading and first rows; they settle the widths. */
  begin(rows: readonly (readonly string[])[]): string {
    const shown = rows.map(cells => cells.map(shownCell))
    this.#widths = this.#columns.map(({ name }, i) => shown.reduce((most, cells) => Math.max(most, width(cells[i] ?? '')), width(name)))
    const heading = this.#join(this.#columns.map(c => c.name), false)
    const rule = this.#widths.map(w => '-'.repeat(w)).join('  ')
    return `${heading}${rule}\n${shown.map(cells => this.#join(cells)).join('')}`
  }

  line(cells: readonly string[]): string {
    return this.#join(cells.map(shownCell))
  }

  #join(cells: readonly string[], align = true): string {
    const padded = cells.map((cell, i) => {
      const gap = ' '.repeat(Math.max(0, (this.#widths[i] ?? 0) - width(cell)))
      return align && this.#columns[i]?.alignRight === true ? gap + cell : cell + gap
    })
    return `${padded.join('  ').trimEnd()}\n`
  }
}

/** One line of at most so many characters; in a file too, that a terminal shows later. */
function shownCell(text: string): string {
  const oneLine = terminalLine(text)
  const characters = Array.from(oneLine)
  return characters.length > widestCell ? `${characters.slice(0, widestCell - 1).join('')}…` : oneLine
}

function width(text: string): number {
  return Array.from(text).length
}
