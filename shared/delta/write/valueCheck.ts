import type { DataType, Value } from '../../types/index.js'

const integerLimits: Readonly<Record<string, number>> = {
  byte: 2 ** 7,
  short: 2 ** 15,
  integer: 2 ** 31,
  date: 2 ** 31,
}
const longLimit = 2n ** 63n

/** Whether a value that is not null is one of a type that holds no others, and in its range. */
export function holdsValue(type: DataType, value: Value): boolean {
  if (typeof type !== 'string') {
    if (type.type !== 'decimal') return false
    const limit = 10n ** BigInt(type.precision)
    return typeof value === 'bigint' && value < limit && value > -limit
  }
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'byte':
    case 'short':
    case 'integer':
    case 'date': {
      const limit = integerLimits[type] ?? 0
      return typeof value === 'number' && Number.isInteger(value) && value < limit && value >= -limit
    }
    case 'long':
    case 'timestamp':
    case 'timestamp_ntz':
      return typeof value === 'bigint' && value < longLimit && value >= -longLimit
    case 'float':
    case 'double':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'binary':
      return value instanceof Uint8Array
    case 'void':
      return false
  }
}
