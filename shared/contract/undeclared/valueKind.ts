import { DecodedTime } from '../decodedTime.js'
import { ExactNumber } from '../validationIssue.js'

/** What a value is, as far as the type of a column for it goes. `time` is a moment, as text or decoded. */
export const valueKinds = [
  'null',
  'boolean',
  'whole',
  'number',
  'text',
  'time',
  'localTime',
  'bytes',
  'object',
  'array',
] as const

/** One of {@link valueKinds}. */
export type ValueKind = (typeof valueKinds)[number]

/** A kind as its place in {@link valueKinds}. */
export const kindNumbers = Object.fromEntries(valueKinds.map((kind, n) => [kind, n])) as Readonly<
  Record<ValueKind, number>
>

const { null: none, boolean, whole, number, text, time, localTime, bytes, object, array } = kindNumbers

/** The kind of a decoded value, of JSON or of a format with types of its own; by its number, because all are asked for. */
export function kindOf(value: unknown): number {
  if (typeof value === 'string') return looksLikeTime(value) ? time : text
  if (typeof value === 'number') return Number.isSafeInteger(value) ? whole : number
  if (typeof value === 'boolean') return boolean
  if (value === null || value === undefined) return none
  if (typeof value === 'bigint') return whole
  if (Array.isArray(value)) return array
  if (value instanceof Uint8Array) return bytes
  if (value instanceof DecodedTime) return value.isLocal ? localTime : time
  if (value instanceof Date) return time
  if (value instanceof ExactNumber) return /^-?\d{1,18}$/.test(value.source) ? whole : number
  return object
}

const [dash, letterT, letterZ, plus, colon] = [45, 84, 90, 43, 58]

/** As 2025-04-01T17:37:57.000Z, or with an offset: by a few characters, because every text is looked at. */
function looksLikeTime(text: string): boolean {
  const { length } = text
  if (length < 20 || length > 35 || text.charCodeAt(4) !== dash || text.charCodeAt(10) !== letterT) return false
  if (text.charCodeAt(7) !== dash || text.charCodeAt(13) !== colon) return false
  const zone = text.charCodeAt(length - 6)
  return text.charCodeAt(length - 1) === letterZ || zone === plus || zone === dash
}
