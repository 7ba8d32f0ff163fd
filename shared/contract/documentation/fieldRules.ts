import { z } from 'zod'

import { fieldTypeOf } from '../fieldTypes.js'
import type { CheckDef } from '../sampler.js'

/**
 * What a field's values must fulfil besides their type, in words: `length ≥ 1`, `> 0`, `one of click, view`. A
 * check that is code (`refine`) is only known to be there.
 */
export function fieldRules(schema: z.core.$ZodType): readonly string[] {
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType
  const isOwnCheck = fieldTypeOf(schema) === undefined && schema._zod.traits.has('$ZodCheck')
  const own = isOwnCheck ? [schema._zod.def as CheckDef] : []
  const added = (schema._zod.def.checks ?? []).map(check => check._zod.def as CheckDef)
  const rules = [...choices(schema), ...[...own, ...added].flatMap(ruleOf)]
  return inner === undefined ? rules : [...fieldRules(inner), ...rules]
}

function choices(schema: z.core.$ZodType): string[] {
  const values =
    schema instanceof z.core.$ZodEnum
      ? Object.values(schema._zod.def.entries)
      : schema instanceof z.core.$ZodLiteral
        ? schema._zod.def.values
        : []
  return values.length === 0 ? [] : [`one of ${values.map(String).join(', ')}`]
}

function ruleOf(def: CheckDef): string[] {
  switch (def.check) {
    case 'greater_than':
      return [`${def.inclusive === true ? '≥' : '>'} ${String(def.value)}`]
    case 'less_than':
      return [`${def.inclusive === true ? '≤' : '<'} ${String(def.value)}`]
    case 'multiple_of':
      return [`a multiple of ${String(def.value)}`]
    case 'min_length':
      return [`length ≥ ${String(def.minimum)}`]
    case 'max_length':
      return [`length ≤ ${String(def.maximum)}`]
    case 'length_equals':
      return [`length ${String(def.length)}`]
    case 'string_format':
      return [formatRule(def)]
    case 'custom':
      return ['a check in code']
    default:
      return []
  }
}

function formatRule(def: CheckDef): string {
  switch (def.format) {
    case 'starts_with':
      return `begins with ${JSON.stringify(def.prefix)}`
    case 'ends_with':
      return `ends with ${JSON.stringify(def.suffix)}`
    case 'includes':
      return `contains ${JSON.stringify(def.includes)}`
    case 'regex':
      return `matches ${String(def.pattern)}`
    default:
      return `format ${String(def.format)}`
  }
}
