import { isUtf8 } from 'node:buffer'

import type { ObjectDecoder } from './decoder.js'
import { flatJsonReader } from './flatJson.js'
import type { UndeclaredCounter } from './undeclared/index.js'
import { ExactNumber, inWords, ValidationIssue } from './validationIssue.js'

/**
 * A reader of record values as JSON: UTF-8 or nothing, and with every digit where the contract has fields that need
 * them. Returns an issue for what is not JSON; what is, is counted.
 */
export function jsonReader({
  fields,
  named,
  strict,
  exact,
}: ObjectDecoder): (value: Uint8Array, undeclared?: UndeclaredCounter) => unknown {
  const isFlat = fields.every(({ type }) => typeof type === 'string' || type.type === 'decimal')
  const readFlat = isFlat
    ? flatJsonReader(
        named.flatMap(({ name, aliases }) => [name, ...aliases]),
        strict,
      )
    : undefined
  return (value, undeclared) => {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    if (!isUtf8(bytes))
      return new ValidationIssue('NOT_UTF8', `the value's ${String(bytes.length)} bytes are not UTF-8 text`)
    const text = bytes.toString('utf8')
    try {
      const isExact = exact && mayLoseDigits(text)
      const flat = isExact ? undefined : readFlat?.(text, undeclared)
      if (flat !== undefined) return flat
      const found: unknown = isExact ? JSON.parse(text, keepDigits as JsonReviver) : JSON.parse(text)
      undeclared?.count(found)
      return found
    } catch (error) {
      const why = text.trim() === '' ? 'it is empty' : `${(error as Error).message}; found ${inWords(text)}`
      return new ValidationIssue('NOT_JSON', `the value is not JSON: ${why}`)
    }
  }
}

type JsonReviver = (key: string, value: unknown) => unknown

function keepDigits(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  const { source } = context
  return typeof value === 'number' && source !== undefined && mayLoseDigits(source) ? new ExactNumber(source) : value
}

/** True when a JSON text may hold a number that a double cannot: sixteen digits or more, or a long exponent. */
function mayLoseDigits(json: string): boolean {
  return /[\d.]{16}|\d[eE][+-]?\d{3}/.test(json)
}
