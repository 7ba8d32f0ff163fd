import { createCipheriv } from 'node:crypto'

import { Utf8Column, type WrittenColumn, type WrittenData } from '../../shared/parquet/index.js'
import type { StructType } from '../../shared/types/index.js'

/** 2025-04-01T00:00:00Z, microseconds: where the window begins. */
export const windowStart = 1_743_465_600_000_000
export const windowDays = 7
const dayMicros = 86_400_000_000

/** Rows whose keys are 128 random bits, as UUIDs; a name and a place give the same key each time. */
export interface KeyedRows {
  readonly name: string
  /** Of the first row. */
  readonly from: number
  readonly count: number
}

/** The keys' text, one after another. */
function keyBytes({ name, from, count }: KeyedRows): Buffer {
  const counter = Buffer.alloc(16)
  counter.writeBigUInt64BE(BigInt(from), 8)
  const random = createCipheriv('aes-128-ctr', Buffer.alloc(16, name.padEnd(16)), counter).update(
    Buffer.alloc(16 * count),
  )
  const hex = random.toString('latin1')
  const bytes = Buffer.allocUnsafeSlow(36 * count)
  const digits = Buffer.from('0123456789abcdef')
  let at = 0
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) bytes[at++] = 45
      const byte = hex.charCodeAt(16 * row + i)
      bytes[at++] = digits[byte >> 4] as number
      bytes[at++] = digits[byte & 15] as number
    }
  }
  return bytes
}

/** The key of one row. */
export const keyOf = (name: string, place: number): string => keyBytes({ name, from: place, count: 1 }).toString()

/** Rows of a file: its columns by name, event times from one instant to another, microseconds. */
export interface FileRows extends KeyedRows {
  readonly times: readonly [first: number, end: number]
  /** Rows that take the keys of others, as text. */
  readonly repeated?: readonly string[] | undefined
}

/** The columns of a schema that have a value; sorted by type and time, as silver's files are. */
export function windowColumns(schema: StructType, rows: FileRows): WrittenColumn[] {
  const { from, count, times, repeated = [] } = rows
  const keys = keyBytes(rows)
  for (const [i, key] of repeated.entries()) keys.write(key, 36 * Math.floor((i * count) / repeated.length), 'latin1')
  const clicks = Math.floor(count / 3)
  const moments = BigInt64Array.from({ length: count }, (_, i) => {
    const [place, of] = i < clicks ? [i, clicks] : [i - clicks, count - clicks]
    return BigInt(Math.floor(times[0] + ((place + Math.random()) * (times[1] - times[0])) / of))
  })
  const data: Readonly<Record<string, WrittenData>> = {
    event_id: Utf8Column.ofChecked(
      keys,
      Int32Array.from({ length: count }, (_, i) => 36 * (i + 1)),
    ),
    event_type: Array.from({ length: count }, (_, i) => (i < clicks ? 'click' : 'view')),
    timestamp: moments,
    value: Float64Array.from({ length: count }, () => Math.random()),
    _topic: new Array<string>(count).fill('events'),
    _generation: new Int32Array(count),
    _partition: new Int32Array(count),
    _offset: BigInt64Array.from({ length: count }, (_, i) => BigInt(from + i)),
    _timestamp: moments,
    _ingested_at: new BigInt64Array(count).fill(BigInt(windowStart)),
    _late: new Array<boolean>(count).fill(false),
  }
  return schema.fields.flatMap(field => {
    const column = data[field.name]
    return column === undefined ? [] : [{ field, data: column }]
  })
}

/** A day of the window, as partition values write it, and its first instant in microseconds. */
export function windowDay(day: number): { readonly date: string; readonly start: number } {
  const start = windowStart + day * dayMicros
  return { date: new Date(start / 1000).toISOString().slice(0, 10), start }
}

/** The window's last hour: what comes then can repeat any of its rows. */
export const lastHour: readonly [first: number, end: number] = [
  windowStart + windowDays * dayMicros - 3_600_000_000,
  windowStart + windowDays * dayMicros,
]

/** Rows that a stretch of `rows` has on a day, and where they begin. */
export function rowsOfDay(rows: number, day: number): KeyedRows {
  const from = Math.floor((rows * day) / windowDays)
  return { name: 'window', from, count: Math.floor((rows * (day + 1)) / windowDays) - from }
}
