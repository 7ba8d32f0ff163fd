import { type DataType, isRow, namedValue, namedValues, type StructField, type Value } from '../../types/index.js'
import type { DeltaError } from '../deltaError.js'
import { typeText } from '../schema/index.js'
import { holdsValue } from './valueCheck.js'

/** Converts a value of the rows' type to one of the table's type. */
export type Convert = (value: Value, row: number) => Value

/** The error for a value at `path`, in a row counted from 0. */
type BadValue = (path: readonly string[], what: string, row: number) => DeltaError

/** Makes, once for each column, what converts its values one by one. */
export class ValueConverter {
  readonly #bad: BadValue

  constructor(bad: BadValue) {
    this.#bad = bad
  }

  /** Converts values of type `from`, which are not null, to `type`, whose fields it may lack. */
  converter(type: DataType, from: DataType, path: readonly string[]): Convert {
    if (typeof type !== 'string') {
      if (type.type === 'struct' && typeof from !== 'string' && from.type === 'struct') {
        if (type.variant !== true) return this.#struct(type.fields, from.fields, path)
      } else if (type.type === 'array' && typeof from !== 'string' && from.type === 'array') {
        const item = this.#part(type.elementType, from.elementType, type.containsNull, [...path, 'element'])
        return (value, row) => {
          if (!Array.isArray(value)) throw this.#misfit(path, type, value, row)
          return mapped(value as readonly Value[], element => item(element, row))
        }
      } else if (type.type === 'map' && typeof from !== 'string' && from.type === 'map') {
        const key = this.#part(type.keyType, from.keyType, false, [...path, 'key'])
        const item = this.#part(type.valueType, from.valueType, type.valueContainsNull, [...path, 'value'])
        return (value, row) => {
          if (!Array.isArray(value)) throw this.#misfit(path, type, value, row)
          return mapped(value as readonly Value[], entry => {
            if (!isRow(entry)) throw this.#misfit(path, type, entry, row)
            const { key: oldKey, value: oldValue } = entry as { key?: Value; value?: Value }
            const [newKey, newValue] = [key(oldKey, row), item(oldValue, row)]
            return newKey === oldKey && newValue === oldValue ? entry : { key: newKey, value: newValue }
          })
        }
      }
    }
    return (value, row) => {
      if (!holdsValue(type, value)) throw this.#misfit(path, type, value, row)
      return value
    }
  }

  #struct(fields: readonly StructField[], from: readonly StructField[], path: readonly string[]): Convert {
    const parts = fields.map(field => {
      const here = [...path, field.name]
      const source = from.find(({ name }) => name.toLowerCase() === field.name.toLowerCase())
      const part = this.#part(field.type, source?.type ?? field.type, field.nullable, here)
      return { name: field.name, source: source?.name, part }
    })
    const sameNames = parts.every(({ name, source }) => name === source)
    const known = new Set(from.map(({ name }) => name))
    return (value, row) => {
      if (!isRow(value)) throw this.#misfit(path, { type: 'struct', fields }, value, row)
      for (const name of Object.keys(value)) {
        if (!known.has(name)) throw this.#bad([...path, name], "is not a field of the rows' own type", row)
      }
      let same = sameNames
      const output = namedValues<Value>()
      for (const { name, source, part } of parts) {
        const old = source === undefined ? null : namedValue(value, source)
        const fitted = part(old, row)
        same &&= fitted === (old ?? null)
        output[name] = fitted
      }
      return same ? value : output
    }
  }

  /** A value inside another: null as well, where its type allows. */
  #part(
    type: DataType,
    from: DataType,
    nullable: boolean,
    path: readonly string[],
  ): (value: Value | undefined, row: number) => Value {
    const convert = this.converter(type, from, path)
    return (value, row) => {
      if (value !== null && value !== undefined) return convert(value, row)
      if (!nullable) throw this.#bad(path, 'may not be null in the table, and is in the rows', row)
      return null
    }
  }

  #misfit(path: readonly string[], type: DataType, value: Value | undefined, row: number): DeltaError {
    return this.#bad(path, `(${typeText(type)}) cannot hold ${shown(value)}`, row)
  }
}

/** The same array when every item is. */
function mapped(items: readonly Value[], map: (item: Value) => Value): Value {
  let output: Value[] | undefined
  items.forEach((item, i) => {
    const fitted = map(item)
    if (output === undefined && fitted !== item) output = items.slice(0, i)
    output?.push(fitted)
  })
  return output ?? items
}

/** A value in an error's sentence. */
export function shown(value: Value | undefined): string {
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'a struct'
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 60)
  return `${text} (${typeof value})`
}
