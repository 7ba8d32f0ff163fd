import {
  type DataType,
  formatDate,
  formatDecimal,
  formatDouble,
  formatFloat,
  parseSparkDate,
  parseSparkDecimal,
  parseSparkDouble,
  parseSparkTimestamp,
  splitTimestamp,
  type Value,
} from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { typeText } from './schema.js'

/** Values of partition columns ⇄ text in the log (PROTOCOL.md, "Partition Value Serialization"). */

/** How the text of a partition value is read; `where` is named in errors. */
export interface PartitionValueOptions {
  /** The zone of the writer of timestamps without an offset, which old writers left; UTC when absent. */
  readonly zone?: string | undefined
  readonly where?: LogPlace | undefined
}

const integerRanges: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  byte: [-(2n ** 7n), 2n ** 7n - 1n],
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
}

/** The text of a value, null for null. An empty string or binary is null too: the log cannot represent it otherwise. */
export function formatPartitionValue(type: DataType, value: Value | undefined): string | null {
  if (value === null || value === undefined) return null
  const text = formatted(type, value)
  if (text === undefined)
    throw new DeltaError(
      'DELTA_BAD_PARTITION_VALUE',
      `a ${typeof value} is not a partition value of type ${typeText(type)}, or not one in its range`,
    )
  return text === '' ? null : text
}

function formatted(type: DataType, value: Value): string | undefined {
  if (typeof type !== 'string')
    return type.type === 'decimal' && typeof value === 'bigint' ? formatDecimal(value, type.scale) : undefined
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value.toWellFormed() : undefined
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return (typeof value === 'number' && Number.isInteger(value)) || typeof value === 'bigint'
        ? parseInteger(type, String(value))?.toString()
        : undefined
    case 'float':
      return typeof value === 'number' ? formatFloat(value) : undefined
    case 'double':
      return typeof value === 'number' ? formatDouble(value) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined
    case 'date':
      return typeof value === 'number' ? formatDate(value) : undefined
    case 'timestamp': {
      const text = typeof value === 'bigint' ? splitTimestamp(value, 6) : undefined
      return text && `${text.day}T${text.time}Z`
    }
    case 'timestamp_ntz': {
      const text = typeof value === 'bigint' ? splitTimestamp(value, 6) : undefined
      return text && `${text.day} ${text.time}`
    }
    case 'binary':
      return value instanceof Uint8Array ? binaryText(value) : undefined
    case 'void':
      return undefined
  }
}

/**
 * The value of a text; null and the empty text are null for every type.
 *
 * @throws DeltaError DELTA_BAD_PARTITION_VALUE
 */
export function parsePartitionValue(
  type: DataType,
  text: string | null | undefined,
  options: PartitionValueOptions = {},
): Value {
  if (text === null || text === undefined || text === '') return null
  const value = parsed(type, text, options.zone)
  if (value === undefined)
    throw new DeltaError(
      'DELTA_BAD_PARTITION_VALUE',
      `${JSON.stringify(text)} is not a partition value of type ${typeText(type)}`,
      { where: options.where },
    )
  return value
}

function parsed(type: DataType, text: string, zone: string | undefined): Value | undefined {
  if (typeof type !== 'string') return type.type === 'decimal' ? parseSparkDecimal(text, type.scale) : undefined
  switch (type) {
    case 'string':
      return text
    case 'byte':
    case 'short':
    case 'integer': {
      const value = parseInteger(type, text)
      return value === undefined ? undefined : Number(value)
    }
    case 'long':
      return parseInteger(type, text)
    case 'float': {
      const value = parseSparkDouble(text)
      return value === undefined ? undefined : Math.fround(value)
    }
    case 'double':
      return parseSparkDouble(text)
    case 'boolean':
      return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined
    case 'date':
      return parseSparkDate(text)
    case 'timestamp':
      return parseSparkTimestamp(text, zone)
    case 'timestamp_ntz':
      return parseSparkTimestamp(text)
    case 'binary':
      return new TextEncoder().encode(text)
    case 'void':
      return undefined
  }
}

function parseInteger(type: string, text: string): bigint | undefined {
  const [min, max] = integerRanges[type] ?? [0n, 0n]
  if (!/^\s*[+-]?\d+\s*$/.test(text)) return undefined
  const value = BigInt(text.trim().replace(/^\+/, ''))
  return value >= min && value <= max ? value : undefined
}

/** The bytes read as UTF-8, which is what other engines do; bytes that are not UTF-8 have no text. */
function binaryText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
