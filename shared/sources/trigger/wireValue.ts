import { parseIsoTimestamp, parseIsoTimestampNtz } from '../../types/index.js'
import { TriggerError } from './triggerError.js'

/**
 * An offset as it may arrive: a number, decimal text, a bigint, or the `{low, high, unsigned}` that a worker makes of
 * a 64-bit integer when it cannot tell that it is one.
 * @throws TriggerError for a number that JSON has already rounded, and for anything else
 */
export function toOffset(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'bigint') return value
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value)
  if (isLong(value)) return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0)
  throw new TriggerError('TRIGGER_OFFSET', `An offset cannot be read exactly from ${describe(value)}.`)
}

function isLong(value: unknown): value is { readonly low: number; readonly high: number } {
  if (typeof value !== 'object' || value === null) return false
  const { low, high } = value as { low?: unknown; high?: unknown }
  return Number.isInteger(low) && Number.isInteger(high)
}

/**
 * A .NET date as JSON has it, in milliseconds since 1970, or undefined when it cannot be what the broker has. All dates
 * are UTC, whether or not they say so; up to seven digits of fraction are cut to three. Kafka's timestamp is any 64-bit
 * number, of which a .NET date holds the years 1 to 9999: its first and last millisecond stand for what is beyond.
 */
export function toKafkaTimestamp(value: unknown): number | undefined {
  const ms = milliseconds(value)
  return Number.isNaN(ms) || ms <= firstDate || ms >= lastDate ? undefined : ms
}

const firstDate = -62_135_596_800_000
const lastDate = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * A .NET date as JSON has it, in milliseconds since 1970.
 * @throws TriggerError when it is not a date
 */
export function toTimestamp(value: unknown): number {
  const ms = milliseconds(value)
  if (!Number.isNaN(ms)) return ms
  throw new TriggerError('TRIGGER_PAYLOAD', `A record's timestamp cannot be read from ${describe(value)}.`)
}

function milliseconds(value: unknown): number {
  const micros = typeof value === 'string' ? (parseIsoTimestamp(value) ?? parseIsoTimestampNtz(value)) : undefined
  return micros === undefined ? Number.NaN : Math.floor(Number(micros) / 1000)
}

/** A value for an error's message: its kind and its beginning. */
export function describe(value: unknown): string {
  const text = typeof value === 'bigint' || value === undefined ? String(value) : JSON.stringify(value)
  const kind = Array.isArray(value) ? 'array' : typeof value
  return `${kind} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}
