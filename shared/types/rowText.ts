import type { Row } from './dataType.js'

/** The text that a row has in a column; undefined where it has none, or something else. */
export function textOf(row: Row, column: string): string | undefined {
  const value = row[column]
  return typeof value === 'string' ? value : undefined
}
