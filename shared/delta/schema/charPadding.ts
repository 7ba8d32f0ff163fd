import type { ColumnData, DataType, MapEntry, Row, StructField, Value } from '../../types/index.js'

/**
 * Columns of SQL's type `CHAR(n)`: tables store them as strings, as short as the writer had them, and keep the type's
 * text in the field's metadata; read, they have their blanks.
 */
const typeStringKey = '__CHAR_VARCHAR_TYPE_STRING'

/** Makes a value as stored, never null, into the one that is read; {@link charPadding} makes it for a column. */
export type Padding = (value: Value) => Value

/** Whether the field is, or holds, values that are longer when read than they are stored. */
export function hasChars({ metadata }: Pick<StructField, 'metadata'>): boolean {
  const text = metadata?.[typeStringKey]
  return typeof text === 'string' && /\bchar\(/i.test(text)
}

/** Brings the values of a column to the lengths of its `CHAR` types; undefined for a column that has none. */
export function charPadding(field: StructField): Padding | undefined {
  const text = field.metadata?.[typeStringKey]
  return typeof text === 'string' && hasChars(field) ? new TypeString(text).padding(field.type) : undefined
}

/** A new column with every value padded; nulls stay. */
export function padColumn(data: ColumnData, pad: Padding): ColumnData {
  return Array.from(data as readonly Value[], value => (value === null ? null : pad(value)))
}

/** The text of a type, read alongside the type itself; where they part, nothing more is padded. */
class TypeString {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  padding(type: DataType): Padding | undefined {
    if (typeof type === 'string') return this.#primitive(type)
    switch (type.type) {
      case 'decimal':
        this.#skip(/\w+\(\d+,\d+\)/y)
        return undefined
      case 'array': {
        if (!this.#skip(/array</iy)) return undefined
        const element = this.padding(type.elementType)
        this.#skip(/>/y)
        return element && (value => (value as readonly Value[]).map(item => (item === null ? null : element(item))))
      }
      case 'map': {
        if (!this.#skip(/map</iy)) return undefined
        const key = this.padding(type.keyType)
        this.#skip(/,/y)
        const item = this.padding(type.valueType)
        this.#skip(/>/y)
        if (key === undefined && item === undefined) return undefined
        return value =>
          (value as readonly MapEntry[]).map(entry => ({
            key: padded(entry.key, key),
            value: padded(entry.value, item),
          }))
      }
      case 'struct':
        return this.#struct(type.fields)
    }
  }

  #primitive(type: DataType): Padding | undefined {
    const length = /char\((\d+)\)/iy
    length.lastIndex = this.#at
    const [, digits] = length.exec(this.#text) ?? []
    this.#skip(/\w+(?:\(\d+\))?/y)
    return type === 'string' && digits !== undefined ? value => padEnd(value as string, Number(digits)) : undefined
  }

  #struct(fields: readonly StructField[]): Padding | undefined {
    if (!this.#skip(/struct</iy)) return undefined
    const paddings = new Map<string, Padding>()
    for (const { name, type } of fields) {
      if (!this.#skipName(name)) break
      const padding = this.padding(type)
      if (padding !== undefined) paddings.set(name, padding)
      this.#skip(/,/y)
    }
    this.#skip(/>/y)
    if (paddings.size === 0) return undefined
    return value =>
      Object.fromEntries(
        Object.entries(value as Row).map(([name, inner]) => [name, padded(inner ?? null, paddings.get(name))]),
      )
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return false
    this.#at = pattern.lastIndex
    return true
  }

  #skipName(name: string): boolean {
    for (const written of [`${name}:`, `\`${name.replaceAll('`', '``')}\`:`]) {
      if (!this.#text.startsWith(written, this.#at)) continue
      this.#at += written.length
      return true
    }
    return false
  }
}

function padded(value: Value, padding: Padding | undefined): Value {
  return value === null || padding === undefined ? value : padding(value)
}

/** Lengths count characters, not the units of their encoding. */
function padEnd(text: string, length: number): string {
  if (text.length >= 2 * length) return text
  const count = Array.from(text).length
  return count >= length ? text : text + ' '.repeat(length - count)
}
