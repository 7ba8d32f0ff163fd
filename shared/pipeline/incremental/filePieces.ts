import type { AddFile } from '../../delta/index.js'
import type { PieceBounds } from '../lake/index.js'
import { recordCount } from './rowCounts.js'

/** Counts what a piece has taken of files until the next one would be too much; the first is always taken. */
export class PieceFill {
  readonly #bounds: PieceBounds
  #files = 0
  #rows = 0
  #bytes = 0

  constructor(bounds: PieceBounds) {
    this.#bounds = bounds
  }

  /** Rows of the files taken, by their statistics. */
  get rows(): number {
    return this.#rows
  }

  /** @returns false, and nothing is taken, when the file is for the next piece */
  take(file: AddFile): boolean {
    const rows = this.#rows + recordCount(file)
    const bytes = this.#bytes + file.size
    if (this.#files > 0 && (rows > this.#bounds.rows || bytes > this.#bounds.bytes)) return false
    this.#files++
    this.#rows = rows
    this.#bytes = bytes
    return true
  }
}

/** Files, in their order, in pieces within the bounds; a file that is larger is a piece by itself. */
export function filePieces(files: readonly AddFile[], bounds: PieceBounds): readonly (readonly AddFile[])[] {
  const pieces: AddFile[][] = []
  let fill: PieceFill | undefined
  for (const file of files) {
    if (fill?.take(file) !== true) {
      fill = new PieceFill(bounds)
      fill.take(file)
      pieces.push([])
    }
    pieces.at(-1)?.push(file)
  }
  return pieces
}
