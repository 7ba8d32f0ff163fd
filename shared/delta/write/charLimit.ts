import type { StructField } from '../../types/index.js'

/**
 * How many characters a column of SQL's type `CHAR(n)` or `VARCHAR(n)` holds; undefined for all others. Only columns
 * that are such themselves: inside arrays, maps and structs lengths are not checked.
 */
export function charLimit({ type, metadata }: Pick<StructField, 'type' | 'metadata'>): number | undefined {
  const text = type === 'string' ? metadata?.['__CHAR_VARCHAR_TYPE_STRING'] : undefined
  const [, digits] = typeof text === 'string' ? (/^(?:var)?char\((\d+)\)$/i.exec(text) ?? []) : []
  return digits === undefined ? undefined : Number(digits)
}

/** The text as a column of at most `limit` characters holds it, blanks beyond them cut off; undefined when it is too long. */
export function withinLimit(text: string, limit: number): string | undefined {
  if (text.length <= limit) return text
  const characters = Array.from(text)
  if (characters.length <= limit) return text
  return characters.slice(limit).every(character => character === ' ') ? characters.slice(0, limit).join('') : undefined
}
