import { z } from 'zod'

import type { DataType } from '../../types/index.js'
import { checksOf } from '../checks.js'
import { decoderOf } from '../decoder.js'
import { fieldTypeOf } from '../fieldTypes.js'
import type { Decoder } from '../leafDecoder.js'

/**
 * How a field's value is read: text as the bytes it is, times and numbers as a number, and whatever else as the contract
 * decodes it.
 */
export type ScanMode = 'text' | 'micros' | 'double' | 'int' | 'long' | 'value'

/** A field of a flat contract as a scanner reads it. */
export interface ScannedField {
  readonly name: string
  /** Its name as JSON text has it, unless that needs escapes. */
  readonly bytes: Buffer
  readonly mode: ScanMode
  readonly type: DataType
  readonly decoder: Decoder
  /** Whether a null, and nothing at all, are values of it that a column has as null. */
  readonly acceptsNull: boolean
  readonly acceptsNothing: boolean
  /** Of a text, in UTF-16 units. */
  readonly minLength: number
  readonly maxLength: number
}

/** What is known of a field without asking its decoder. */
type Shape = Pick<ScannedField, 'mode' | 'acceptsNull' | 'acceptsNothing' | 'minLength' | 'maxLength'>

/** @throws ContractError as `decoderOf` */
export function scannedField(name: string, schema: z.core.$ZodType): ScannedField {
  const decoder = decoderOf(schema, name)
  return { name, bytes: Buffer.from(name), type: decoder.type, decoder, ...shapeOf(schema) }
}

const anyLength = { minLength: 0, maxLength: Infinity }
const required = { acceptsNull: false, acceptsNothing: false }

function shapeOf(schema: z.core.$ZodType): Shape {
  const own = fieldTypeOf(schema)
  if (own !== undefined) {
    const mode = checksOf(schema, false) === undefined ? ownMode(own.type, own.exact) : 'value'
    return { mode, ...required, ...anyLength }
  }
  if (schema instanceof z.core.$ZodOptional && checksOf(schema, true) === undefined)
    return { ...shapeOf(schema._zod.def.innerType), acceptsNothing: true }
  if (schema instanceof z.core.$ZodNullable && checksOf(schema, true) === undefined) {
    return { ...shapeOf(schema._zod.def.innerType), acceptsNull: true }
  }
  return textShape(schema) ?? { mode: 'value', ...required, ...anyLength }
}

function ownMode(type: DataType, exact: boolean): ScanMode {
  if (type === 'double') return 'double'
  if (type === 'integer') return 'int'
  if (type === 'long') return 'long'
  // Times that may be numbers are decoded by their unit.
  return type === 'timestamp' && !exact ? 'micros' : 'value'
}

/** A text of which no more is asked than how long it is. */
function textShape(schema: z.core.$ZodType): Shape | undefined {
  const { def, traits } = schema._zod
  if (
    !(schema instanceof z.core.$ZodString) ||
    traits.has('$ZodCheck') ||
    (def as { coerce?: boolean }).coerce === true
  )
    return undefined
  let { minLength, maxLength } = anyLength
  for (const check of (def.checks ?? []) as z.core.$ZodCheck<unknown>[]) {
    const { def: own } = check._zod
    if (own.check === 'min_length') minLength = Math.max(minLength, (own as z.core.$ZodCheckMinLengthDef).minimum)
    else if (own.check === 'max_length') maxLength = Math.min(maxLength, (own as z.core.$ZodCheckMaxLengthDef).maximum)
    else return undefined
  }
  return { mode: 'text', ...required, minLength, maxLength }
}
