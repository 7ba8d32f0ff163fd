import { DecodedTime } from './decodedTime.js'
import type { RejectionCode } from './rejectionCodes.js'

/** Why a value does not fit. Returned, not thrown, because bad records are expected. */
export class ValidationIssue {
  readonly code: RejectionCode
  readonly message: string
  /** From the value that was asked about inwards; each container puts its own segment in front. */
  path: string

  constructor(code: RejectionCode, message: string, path = '') {
    this.code = code
    this.message = message
    this.path = path
  }

  inField(name: string): this {
    this.path = this.path === '' || this.path.startsWith('[') ? name + this.path : `${name}.${this.path}`
    return this
  }

  inElement(index: number): this {
    const rest = this.path === '' || this.path.startsWith('[') ? this.path : `.${this.path}`
    this.path = `[${String(index)}]${rest}`
    return this
  }
}

/**
 * A JSON number as it was written, where a double could not hold it. Only contracts with `long` or `decimal` fields
 * meet it.
 */
export class ExactNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  get number(): number {
    return Number(this.source)
  }
}

/** Whether fields can be looked for in it: numbers, bytes and times may be objects of JavaScript too. */
export function isObject(found: unknown): found is Record<string, unknown> {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return false
  return !(found instanceof ExactNumber || found instanceof DecodedTime || found instanceof Uint8Array)
}

/** A value of the wrong kind. */
export function wrongType(found: unknown, expected: string): ValidationIssue {
  return new ValidationIssue('FIELD_TYPE', `found ${inWords(found)}, expected ${expected}`)
}

/** A value of a right kind that cannot be taken. */
export function wrongValue(found: unknown, expected: string): ValidationIssue {
  return new ValidationIssue('FIELD_VALUE', `found ${inWords(found)}, expected ${expected}`)
}

/** A field that is absent and must have a value; its container puts the path in. */
export function missing(): ValidationIssue {
  return new ValidationIssue('FIELD_MISSING', 'the field is missing')
}

/** A found value for a message, shortened. */
export function inWords(found: unknown): string {
  if (typeof found === 'string') return `the text ${JSON.stringify(shortened(found))}`
  if (typeof found === 'number' || typeof found === 'bigint') return `the number ${String(found)}`
  if (found instanceof ExactNumber) return `the number ${shortened(found.source)}`
  if (found === null) return 'null'
  if (found === undefined) return 'nothing'
  if (typeof found === 'boolean') return String(found)
  if (found instanceof DecodedTime) return found.isLocal ? 'a time without a zone' : 'a timestamp'
  if (found instanceof Uint8Array) return `${String(found.length)} bytes`
  return Array.isArray(found) ? 'an array' : typeof found === 'object' ? 'an object' : `a ${typeof found}`
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
