import { asObject, parseJson } from '../../types/index.js'

/** A field that records have and a contract lacks. */
export interface UndeclaredEntry {
  /** Undefined for further ones together. */
  readonly field: string | undefined
  readonly records: number
  /** What the contract would say of it; undefined where it cannot. */
  readonly line: string | undefined
}

/** What `undeclared_fields` of `monitor_logs` says; nothing where it cannot be read, as in a row of an earlier version. */
export function undeclaredEntries(text: string | undefined): readonly UndeclaredEntry[] {
  if (text === undefined) return []
  let found: unknown
  try {
    found = parseJson(text)
  } catch {
    return []
  }
  const list: readonly unknown[] = Array.isArray(found) ? (found as readonly unknown[]) : []
  return list.flatMap(one => {
    const { field, records, line } = asObject(one) ?? {}
    if (typeof records !== 'number') return []
    return [{ field: textOrNone(field), records, line: textOrNone(line) }]
  })
}

const textOrNone = (json: unknown) => (typeof json === 'string' ? json : undefined)

/** Fields that are named in one line. */
const mostNamed = 3

/** The same in one line; undefined when there are none. */
export function undeclaredText(entries: readonly UndeclaredEntry[]): string | undefined {
  const fields = entries.filter(({ field }) => field !== undefined)
  if (fields.length === 0) return undefined
  const named = fields.slice(0, mostNamed).map(({ field = '', records, line }) => {
    const where = field.length > 80 ? `${field.slice(0, 80)}…` : field
    return `${where} in ${records} ${records === 1 ? 'record' : 'records'}${line === undefined ? '' : ` (${short(line)})`}`
  })
  const more = fields.length - named.length
  return `fields that the contract lacks: ${named.join(', ')}${more === 0 ? '' : `, and ${more} more`}`
}

const short = (line: string) => (line.length > 120 ? `${line.slice(0, 120)}…` : line)
