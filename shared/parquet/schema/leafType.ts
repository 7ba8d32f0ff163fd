import type { DecimalType, PrimitiveType } from '../../types/index.js'
import { ParquetError } from '../base/index.js'
import type { SchemaElement } from '../hyparquetInternals.js'

/** The type of a physical column by its annotations, old and new. */
export function leafType(element: SchemaElement): PrimitiveType | DecimalType {
  const { type, converted_type: converted, logical_type: logical } = element
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const { precision, scale } = logical?.type === 'DECIMAL' ? logical : element
    if (precision === undefined) throw badSchema(`decimal ${element.name} has no precision`)
    return { type: 'decimal', precision, scale: scale ?? 0 }
  }
  const integer = logical?.type === 'INTEGER' ? logical : undefined
  switch (type) {
    case 'BOOLEAN':
      return 'boolean'
    case 'INT32':
      if (converted === 'DATE' || logical?.type === 'DATE') return 'date'
      if (converted === 'INT_8' || (integer?.bitWidth === 8 && integer.isSigned)) return 'byte'
      if (converted === 'INT_16' || (integer?.bitWidth === 16 && integer.isSigned)) return 'short'
      if (converted === 'UINT_8' || (integer?.bitWidth === 8 && !integer.isSigned)) return 'short'
      if (isUnsigned(element, 32)) return 'long'
      return 'integer'
    case 'INT64':
      if (logical?.type === 'TIMESTAMP') return logical.isAdjustedToUTC ? 'timestamp' : 'timestamp_ntz'
      if (converted === 'TIMESTAMP_MICROS' || converted === 'TIMESTAMP_MILLIS') return 'timestamp'
      return isUnsigned(element, 64) ? { type: 'decimal', precision: 20, scale: 0 } : 'long'
    case 'INT96':
      return 'timestamp'
    case 'FLOAT':
      return 'float'
    case 'DOUBLE':
      return 'double'
    case 'FIXED_LEN_BYTE_ARRAY':
      return logical?.type === 'FLOAT16' ? 'float' : 'binary'
    default: {
      const text =
        converted === 'UTF8' ||
        converted === 'ENUM' ||
        converted === 'JSON' ||
        logical?.type === 'STRING' ||
        logical?.type === 'ENUM' ||
        logical?.type === 'JSON'
      return text ? 'string' : 'binary'
    }
  }
}

/** Whether the physical integer of `bits` bits has no sign. */
export function isUnsigned(element: SchemaElement, bits: 32 | 64): boolean {
  const { converted_type: converted, logical_type: logical } = element
  if (converted === `UINT_${bits}`) return true
  return logical?.type === 'INTEGER' && logical.bitWidth === bits && !logical.isSigned
}

/** What is wrong with a file's schema. */
export function badSchema(what: string): ParquetError {
  return new ParquetError('PARQUET_CORRUPT', `This Parquet file cannot be read: ${what}.`)
}
