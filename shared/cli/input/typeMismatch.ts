import { columnKey, formatJson, type Json } from '../../types/index.js'

/** A value that is not what its column takes. */
export interface TypeMismatch {
  readonly path: readonly string[]
  /** In words. */
  readonly expected: string
  /** Absent when there is nothing. */
  readonly found?: Json | undefined
}

/** What a reader throws. It knows the column and not the line, which its caller adds. */
export class TypeMismatchError extends Error {
  readonly mismatch: TypeMismatch

  constructor(mismatch: TypeMismatch) {
    super(
      `column ${columnKey(mismatch.path)}: expected ${mismatch.expected}${mismatch.found === undefined ? '' : `, found ${shortened(mismatch.found)}`}`,
    )
    this.mismatch = mismatch
  }
}

function shortened(json: Json): string {
  const text = formatJson(json)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
