import type { z } from 'zod'

import type { DataType, Value } from '../types/index.js'
import type { Checks } from './checks.js'
import { unmappable } from './contractError.js'
import type { ContractPlace } from './contractField.js'
import { longType } from './fieldTypes.js'
import { storable } from './storable.js'
import { ExactNumber, ValidationIssue, wrongType, wrongValue } from './validationIssue.js'

/**
 * A zod schema made ready for reading JSON values into table rows. Zod's own parser is not used: a field's text is
 * decoded into its type and the checks run on the result, so that the declared schema's meaning holds.
 */
export interface Decoder {
  readonly type: DataType
  /** Whether null or nothing is a value of it. */
  readonly nullable: boolean
  /** A JSON value (undefined where a field is absent) to what zod's output type says, or an issue. */
  readonly decode: (found: unknown) => unknown
  /** From that to the value in memory as dataType.ts has it; absent where they are the same. */
  readonly store: ((output: unknown) => Value) | undefined
  /** Whether digits are lost by JSON.parse alone. */
  readonly exact: boolean
  /** Where in it there are objects with fields; absent when there are none. */
  readonly inside?: ContractPlace | undefined
}

/** A decoder whose values are the same in memory as in zod's output. */
export function leaf(type: DataType, decode: Decoder['decode'], checks?: Checks, exact = false): Decoder {
  const decoding = checks === undefined && type === 'string' ? stored(type, decode) : checked(decode, checks, type)
  return { type, nullable: false, decode: decoding, store: undefined, exact }
}

/** The same decoding with the schema's checks of what it gives, which may put another value in its place. */
export function checked(decode: Decoder['decode'], checks: Checks | undefined, type: DataType): Decoder['decode'] {
  if (checks === undefined) return decode
  return stored(type, found => {
    const value = decode(found)
    return value instanceof ValidationIssue ? value : checks(value)
  })
}

/** The same decoding of nothing but what a column of the type can hold. */
export function stored(type: DataType, decode: Decoder['decode']): Decoder['decode'] {
  const check = storable(type)
  if (check === undefined) return decode
  return found => {
    const value = decode(found)
    return value instanceof ValidationIssue ? value : (check(value) ?? value)
  }
}

/** A JSON text as it is; anything else is an issue, FIELD_TYPE. */
export function decodeString(found: unknown): unknown {
  return typeof found === 'string' ? found : wrongType(found, 'a text')
}

/** `true` or `false` as it is; anything else is an issue, FIELD_TYPE: no text and no number stands for one. */
export function decodeBoolean(found: unknown): unknown {
  return typeof found === 'boolean' ? found : wrongType(found, 'true or false')
}

function decodeNumber(found: unknown): unknown {
  if (typeof found === 'number') return Number.isFinite(found) ? found : wrongValue(found, 'a finite number')
  if (typeof found === 'bigint') return Number(found)
  return found instanceof ExactNumber ? decodeNumber(found.number) : wrongType(found, 'a number')
}

/**
 * A number by its zod format: `int32` is an integer column, other whole numbers long, `float32` float, the rest double.
 */
export function numberDecoder(schema: z.core.$ZodNumber, checks: Checks | undefined): Decoder {
  const formats = [schema, ...(schema._zod.def.checks ?? [])].map(part => (part._zod.def as { format?: string }).format)
  if (formats.includes('int32')) return leaf('integer', decodeNumber, checks)
  if (formats.includes('safeint') || formats.includes('uint32')) {
    const decode = checked(decodeNumber, checks, 'long')
    return { ...leaf('long', decode), store: output => BigInt(output as number) }
  }
  return leaf(formats.includes('float32') ? 'float' : 'double', decodeNumber, checks)
}

/** A long column, whose digits are read exactly. @throws ContractError UNMAPPABLE_TYPE for `z.uint64()` */
export function bigintDecoder(schema: z.core.$ZodBigInt, path: string, checks: Checks | undefined): Decoder {
  if ((schema._zod.def as { format?: string }).format === 'uint64') {
    throw unmappable(path, 'z.uint64()', 'its upper half does not fit a long; use decimal(20, 0).min(0n)')
  }
  return leaf(longType.type, longType.decode, checks, true)
}

/** One of the values, which are of one type. */
export function choice(values: readonly unknown[], path: string, checks: Checks | undefined): Decoder {
  const allowed = new Set(values)
  const expected = values.map(value => JSON.stringify(value)).join(' or ')
  const of = (type: DataType, kind: string) =>
    leaf(
      type,
      found => {
        const value = found instanceof ExactNumber ? found.number : found
        if (allowed.has(value)) return value
        return typeof value === kind ? wrongValue(value, expected) : wrongType(value, expected)
      },
      checks,
    )
  if (values.length > 0 && values.every(value => typeof value === 'string')) return of('string', 'string')
  if (values.length > 0 && values.every(value => typeof value === 'number')) return of('double', 'number')
  if (values.length > 0 && values.every(value => typeof value === 'boolean')) return of('boolean', 'boolean')
  throw unmappable(path, 'a choice of strings, numbers or booleans together', 'a column has one type')
}
