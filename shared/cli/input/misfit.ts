import { columnKey, formatJson, type Json } from '../../types/index.js'

/** A value that is not what its column takes. */
export interface Misfit {
  readonly path: readonly string[]
  /** In words. */
  readonly expected: string
  /** Absent when there is nothing. */
  readonly found?: Json | undefined
}

/** What a reader throws. It knows the column and not the line, which its caller adds. */
export class MisfitError extends Error {
  readonly misfit: Misfit

  constructor(misfit: Misfit) {
    super(
      `column ${columnKey(misfit.path)}: expected ${misfit.expected}${misfit.found === undefined ? '' : `, found ${shortened(misfit.found)}`}`,
    )
    this.misfit = misfit
  }
}

function shortened(json: Json): string {
  const text = formatJson(json)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
