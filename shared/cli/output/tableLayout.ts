import { terminalLine } from '../../telemetry/index.js'
import type { Output } from './output.js'

/** A column of a table for people. Those aligned right are numbers, which are not narrowed to make room. */
export interface TableColumn {
  readonly name: string
  readonly alignRight: boolean
}

/** Characters of a cell that are shown; more would push the other columns off the screen. */
const widestCell = 60

/** A text column is not made narrower than this to have it fit. */
const narrowest = 8

const gap = 2

/**
 * Rows as a table for people, the columns as wide as the first rows need. Where that is wider than the terminal, strings
 * are cut first, the widest most; columns that still do not fit are left out, from the right.
 */
export class TableLayout {
  readonly #columns: readonly TableColumn[]
  readonly #available: number
  #widths: readonly number[] = []

  /** @param available characters of a line */
  constructor(columns: readonly TableColumn[], available = Infinity) {
    this.#columns = columns.map(column => ({ ...column, name: shownCell(column.name) }))
    this.#available = available
  }

  /** Which columns were left out; empty when none was. */
  get leftOut(): readonly string[] {
    return this.#columns.slice(this.#widths.length).map(c => c.name)
  }

  /** Heading and first rows; they settle the widths. */
  begin(rows: readonly (readonly string[])[]): string {
    const shown = rows.map(cells => cells.map(shownCell))
    const natural = this.#columns.map(({ name }, i) =>
      shown.reduce((most, cells) => Math.max(most, width(cells[i] ?? '')), width(name)),
    )
    this.#widths = fitted(
      natural,
      this.#columns.map(c => c.alignRight),
      this.#available,
    )
    const heading = this.#join(
      this.#columns.map(c => c.name),
      false,
    )
    const rule = this.#widths.map(w => '-'.repeat(w)).join('  ')
    return `${heading}${rule}\n${shown.map(cells => this.#join(cells)).join('')}`
  }

  line(cells: readonly string[]): string {
    return this.#join(cells.map(shownCell))
  }

  #join(cells: readonly string[], align = true): string {
    const padded = this.#widths.map((room, i) => {
      const whole = cells[i] ?? ''
      const cell = this.#available === Infinity ? whole : cutTo(whole, room)
      const blanks = ' '.repeat(Math.max(0, room - width(cell)))
      return align && this.#columns[i]?.alignRight === true ? blanks + cell : cell + blanks
    })
    return `${padded.join(' '.repeat(gap)).trimEnd()}\n`
  }
}

/** Characters that a line may have: a terminal's; a file or a pipe has no end. */
export function widthOf({ isTerminal, columns }: Output): number {
  return isTerminal ? Math.max(1, columns) : Infinity
}

/** Says which columns a layout left out, and how they are seen; for a layout that left out some. */
export function leftOutText({ leftOut }: TableLayout): string {
  return `too narrow for ${leftOut.join(', ')}; --format jsonl shows everything`
}

/** One line of at most so many characters; in a file too, that a terminal shows later. */
function shownCell(text: string): string {
  return cutTo(terminalLine(text), widestCell)
}

function cutTo(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = Array.from(text)
  return characters.length > most ? `${characters.slice(0, Math.max(0, most - 1)).join('')}…` : text
}

/** Widths of the columns that are shown. A number is whole or not there: one that is cut reads as another. */
function fitted(natural: readonly number[], numbers: readonly boolean[], available: number): readonly number[] {
  const total = (widths: readonly number[]) =>
    widths.reduce((sum, w) => sum + w, 0) + gap * Math.max(0, widths.length - 1)
  for (let count = natural.length; count > 1; count--) {
    const widths = natural.slice(0, count)
    const least = widths.map((w, i) => (numbers[i] === true ? w : Math.min(w, narrowest)))
    if (total(least) > available) continue
    // The widest strings give way, all to the same width.
    let cap = Math.max(...widths)
    const capped = () =>
      widths.map((w, i) => (numbers[i] === true ? w : Math.max(Math.min(w, cap), Math.min(w, narrowest))))
    while (total(capped()) > available) cap--
    return capped()
  }
  return natural.slice(0, 1).map(w => Math.min(w, available))
}

function width(text: string): number {
  return Array.from(text).length
}
