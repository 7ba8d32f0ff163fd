import type { DataType, MapEntry, Row, Value } from '../../shared/types/index.js'

const memory: Readonly<Record<string, string>> = {
  string: 'string',
  byte: 'number',
  short: 'number',
  integer: 'number',
  long: 'bigint',
  float: 'number',
  double: 'number',
  boolean: 'boolean',
  binary: 'object',
  date: 'number',
  timestamp: 'bigint',
  timestamp_ntz: 'bigint',
  void: 'undefined',
}

/** Two values of a type have one text if and only if they are the same. A value that is not of the type is an error. */
export function typedText(type: DataType): (value: Value | undefined) => string {
  const text = present(type)
  return value => (value === null || value === undefined ? 'null' : text(value))
}

function present(type: DataType): (value: Value) => string {
  if (typeof type === 'string') {
    return value => {
      if (typeof value !== memory[type]) throw new Error(`a ${typeof value} in a column of type ${type}`)
      if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
      if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
      return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)
    }
  }
  switch (type.type) {
    case 'decimal':
      return value => {
        if (typeof value !== 'bigint') throw new Error(`a ${typeof value} in a column of decimals`)
        return `${value}e-${type.scale}`
      }
    case 'struct': {
      const fields = type.fields.map(field => ({ name: field.name, text: typedText(field.type) }))
      return value =>
        `{${fields.map(({ name, text }) => `${JSON.stringify(name)}:${text((value as Row)[name])}`).join()}}`
    }
    case 'array': {
      const element = typedText(type.elementType)
      return value => `[${(value as readonly Value[]).map(element).join()}]`
    }
    case 'map': {
      const key = typedText(type.keyType)
      const item = typedText(type.valueType)
      return value =>
        `map(${(value as readonly MapEntry[])
          .map(entry => `${key(entry.key)}:${item(entry.value)}`)
          .sort()
          .join()})`
    }
  }
}
