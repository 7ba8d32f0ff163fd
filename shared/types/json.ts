import { JsonError } from './jsonError.js'

/**
 * JSON without loss: an integer beyond 2^53 is a bigint, any other number that a double cannot carry is a
 * {@link JsonNumber}.
 */
export type Json = null | boolean | number | bigint | string | JsonNumber | readonly Json[] | JsonObject

/** An object of JSON; a key with `undefined` is written as if it were not there. */
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** A number kept as its text, because a double would change it (`99999999999999999999.99`, `1e400`). */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    if (!numberText.test(text)) throw new JsonError(`not a JSON number: ${JSON.stringify(text)}`)
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const integerText = /^-?\d+$/

/**
 * A number outside a string that a double may not carry: sixteen digits in a row, a fraction or an exponent. Numbers
 * inside statistics, which are JSON inside a JSON string, have an escaped quote before their colon and do not match.
 */
const riskyNumber = /(?:^|(?:(?<!\\)|\\\\)"\s*:|[[,])\s*-?(?:\d{16}|\d+[.eE])/

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown

/**
 * Parses JSON text.
 *
 * @throws JsonError with the beginning of what is none
 */
export function parseJson(text: string): Json {
  try {
    return (riskyNumber.test(text) ? parseWithSource(text, exactNumber) : JSON.parse(text)) as Json
  } catch (error) {
    const start = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
    throw new JsonError(`not JSON: ${start}`, { cause: error })
  }
}

const exactNumber: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined ? numberOf(value, source) : value

function numberOf(value: number, source: string): number | bigint | JsonNumber {
  if (integerText.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source)
  if (String(value) === source) return value
  return Number.isFinite(value) && sameDecimal(String(value), source) ? value : new JsonNumber(source)
}

/** Whether two JSON numbers are the same decimal, however they are written. */
function sameDecimal(a: string, b: string): boolean {
  return canonicalDecimal(a) === canonicalDecimal(b)
}

function canonicalDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/**
 * JSON text of a value: bigints and exact numbers as bare digits, keys in their order, undefined fields left out.
 *
 * @throws JsonError for a number that JSON cannot express (NaN, infinities), instead of writing null
 */
export function formatJson(value: Json): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return formatNumber(value)
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object':
      break
    default:
      throw new JsonError(`JSON has no ${typeof value}`)
  }
  if (value === null) return 'null'
  if (value instanceof JsonNumber) return value.text
  if (isJsonArray(value)) return `[${value.map(formatJson).join(',')}]`
  let text = ''
  for (const key of Object.keys(value)) {
    const field = value[key]
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${formatJson(field)}`
  }
  return `{${text}}`
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new JsonError(`JSON has no number ${String(value)}`)
  return Object.is(value, -0) ? '-0.0' : String(value)
}

/** Narrows to a read-only array, which `Array.isArray` does not. */
export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** True for a JSON object, and for nothing else that `typeof` calls one. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/** What `JSON.parse` gave, where it is an object; undefined for anything else, a list too. */
export function asObject(json: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, unknown>)
    : undefined
}
