import { z } from 'zod'

import type { DataType } from '../types/index.js'
import { fieldTypeOf } from './fieldTypes.js'
import { patternSampler, type Random } from './patternSampler.js'

/** What a drawn value is drawn with. */
export interface Draw {
  readonly random: Random
  /** Milliseconds: when the event happens that the value is for. */
  readonly time: number
}

/** A JSON value as a producer would send it; undefined where the field is left out. */
export type Sampler = (draw: Draw) => unknown

/**
 * Compiles a schema into draws of values for it. Bounds, lengths, formats, patterns and choices are kept to; what only
 * code can say (`refine`, an expectation) is not known here, so what is drawn has to be parsed before it is used.
 */
export function samplerOf(schema: z.core.$ZodType): Sampler {
  const own = fieldTypeOf(schema)
  const limits = limitsOf(schema)
  if (own !== undefined) return typedSampler(own.type, limits)
  const { def } = schema._zod
  if (schema instanceof z.core.$ZodString) return textSampler(schema, limits)
  if (schema instanceof z.core.$ZodBoolean) return ({ random }) => random() < 0.5
  if (schema instanceof z.core.$ZodNumber) return numberSampler(limits, isWhole(schema))
  if (schema instanceof z.core.$ZodBigInt) return typedSampler('long', limits)
  if (schema instanceof z.core.$ZodEnum) return choiceSampler(Object.values(schema._zod.def.entries))
  if (schema instanceof z.core.$ZodLiteral) return choiceSampler(schema._zod.def.values)
  if (schema instanceof z.core.$ZodTemplateLiteral) return matching(schema._zod.pattern) ?? (() => '')
  if (schema instanceof z.core.$ZodObject) return objectSampler(schema)
  if (schema instanceof z.core.$ZodArray) {
    const element = samplerOf(schema._zod.def.element)
    return draw => Array.from({ length: lengthWithin(limits, draw.random, 3) }, () => element(draw))
  }
  if (schema instanceof z.core.$ZodRecord) {
    const [key, value] = [samplerOf(schema._zod.def.keyType), samplerOf(schema._zod.def.valueType)]
    return draw => Object.fromEntries(Array.from({ length: 2 }, () => [String(key(draw)), value(draw)]))
  }
  const inner = (def as { innerType?: z.core.$ZodType }).innerType
  if (inner === undefined) return () => null
  const sample = samplerOf(inner)
  if (schema instanceof z.core.$ZodOptional) return draw => (draw.random() < absentShare ? undefined : sample(draw))
  if (schema instanceof z.core.$ZodNullable) return draw => (draw.random() < absentShare ? null : sample(draw))
  return sample
}

const absentShare = 0.1

/** What the checks of a schema say of its values, as far as they say it in data. */
interface Limits {
  readonly least?: number | bigint | undefined
  readonly most?: number | bigint | undefined
  readonly step?: number | bigint | undefined
  readonly shortest?: number | undefined
  readonly longest?: number | undefined
  readonly pattern?: RegExp | undefined
  readonly format?: string | undefined
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
  readonly infix?: string | undefined
}

/** The fields of zod's checks that are data. */
export interface CheckDef {
  readonly check?: string
  readonly value?: number | bigint | Date
  readonly inclusive?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly length?: number
  readonly pattern?: RegExp
  readonly format?: string
  readonly prefix?: string
  readonly suffix?: string
  readonly includes?: string
}

function limitsOf(schema: z.core.$ZodType): Limits {
  const own = schema._zod.traits.has('$ZodCheck') ? [schema._zod.def as CheckDef] : []
  const defs = [...own, ...(schema._zod.def.checks ?? []).map(check => check._zod.def as CheckDef)]
  const limits: { -readonly [K in keyof Limits]: Limits[K] } = {}
  for (const def of defs) {
    const bound = def.value as number | bigint
    switch (def.check) {
      case 'greater_than':
        limits.least = def.inclusive === true ? bound : above(bound)
        break
      case 'less_than':
        limits.most = def.inclusive === true ? bound : below(bound)
        break
      case 'multiple_of':
        limits.step = bound
        break
      case 'min_length':
        limits.shortest = def.minimum
        break
      case 'max_length':
        limits.longest = def.maximum
        break
      case 'length_equals':
        limits.shortest = limits.longest = def.length
        break
      case 'string_format':
        if (def.format === 'starts_with') limits.prefix = def.prefix
        else if (def.format === 'ends_with') limits.suffix = def.suffix
        else if (def.format === 'includes') limits.infix = def.includes
        else {
          limits.format = def.format
          if (def.pattern !== undefined) limits.pattern = def.pattern
        }
        break
      default:
    }
  }
  return limits
}

const above = (bound: number | bigint) =>
  typeof bound === 'bigint' ? bound + 1n : Number.isInteger(bound) ? bound + 1 : bound
const below = (bound: number | bigint) =>
  typeof bound === 'bigint' ? bound - 1n : Number.isInteger(bound) ? bound - 1 : bound

function isWhole(schema: z.core.$ZodNumber): boolean {
  const formats = [schema, ...(schema._zod.def.checks ?? [])].map(part => (part._zod.def as { format?: string }).format)
  return formats.some(format => format !== undefined && /int/.test(format))
}

function numberSampler(limits: Limits, whole: boolean): Sampler {
  const [least, most] = boundsOf(limits)
  const step = limits.step === undefined ? (whole ? 1 : 0) : Number(limits.step)
  return ({ random }) => {
    const value = least + random() * (most - least)
    if (step === 0) return Math.round(value * 100) / 100
    return Math.max(Math.ceil(least / step), Math.min(Math.floor(most / step), Math.round(value / step))) * step
  }
}

function boundsOf({ least, most }: Limits): readonly [least: number, most: number] {
  const from = least === undefined ? undefined : Number(least)
  const to = most === undefined ? undefined : Number(most)
  if (from !== undefined) return [from, Math.min(to ?? from + 1_000, from + 1_000_000)]
  return to === undefined ? [0, 1_000] : [Math.min(0, to - 1_000), to]
}

function typedSampler(type: DataType, limits: Limits): Sampler {
  if (typeof type === 'object' && type.type === 'decimal') {
    const { precision, scale } = type
    const number = numberSampler(
      {
        ...limits,
        most:
          limits.most ??
          (limits.least === undefined ? Math.min(10 ** precision - 1, 10 ** Math.min(scale + 3, 15)) : undefined),
      },
      true,
    )
    return draw => {
      const unscaled = String(number(draw))
      const digits = unscaled.replace('-', '').padStart(scale + 1, '0')
      const point = digits.length - scale
      return `${unscaled.startsWith('-') ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`
    }
  }
  switch (type) {
    case 'timestamp':
      return ({ random, time }) => new Date(time - Math.floor(random() * 3_600_000)).toISOString()
    case 'timestamp_ntz':
      return ({ random, time }) => new Date(time - Math.floor(random() * 3_600_000)).toISOString().slice(0, -1)
    case 'date':
      return ({ random, time }) => new Date(time - Math.floor(random() * 30) * 86_400_000).toISOString().slice(0, 10)
    case 'binary':
      return ({ random }) =>
        Buffer.from(Array.from({ length: 12 }, () => Math.floor(random() * 256))).toString('base64')
    case 'long': {
      const number = numberSampler(limits, true)
      return draw => {
        const value = number(draw) as number
        return Number.isSafeInteger(value) ? value : String(BigInt(value))
      }
    }
    case 'integer':
      return numberSampler(limits, true)
    default:
      return numberSampler(limits, false)
  }
}

const words = ['north', 'south', 'east', 'west', 'red', 'green', 'blue', 'amber', 'oak', 'pine', 'elm', 'ash']

/** Forms whose patterns are too wide, or look ahead. */
const formats: Readonly<Record<string, Sampler>> = {
  email: ({ random }) => `user${Math.floor(random() * 10_000)}@example.com`,
  url: ({ random }) => `https://example.com/${Math.floor(random() * 10_000)}`,
  uuid: ({ random }) => uuidOf(random),
  guid: ({ random }) => uuidOf(random),
  datetime: ({ time }) => new Date(time).toISOString(),
  date: ({ time }) => new Date(time).toISOString().slice(0, 10),
  time: ({ time }) => new Date(time).toISOString().slice(11, 19),
  ipv4: ({ random }) => Array.from({ length: 4 }, () => Math.floor(random() * 256)).join('.'),
  ipv6: ({ random }) => Array.from({ length: 8 }, () => Math.floor(random() * 65_536).toString(16)).join(':'),
  base64: ({ random }) => Buffer.from(Array.from({ length: 9 }, () => Math.floor(random() * 256))).toString('base64'),
  lowercase: ({ random }) => words[Math.floor(random() * words.length)],
  uppercase: ({ random }) => words[Math.floor(random() * words.length)]?.toUpperCase(),
}

function uuidOf(random: Random): string {
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
}

function textSampler(schema: z.core.$ZodString, limits: Limits): Sampler {
  const known = limits.format === undefined ? undefined : (formats[limits.format] ?? matching(limits.pattern))
  if (known !== undefined) return known
  const { prefix = '', infix = '', suffix = '', shortest = 0, longest = Infinity } = limits
  return ({ random }) => {
    const room = longest - prefix.length - infix.length - suffix.length
    const body = `${words[Math.floor(random() * words.length)] ?? ''}${Math.floor(random() * 100)}`.slice(
      0,
      Math.max(0, room),
    )
    const padding = Math.max(0, shortest - prefix.length - infix.length - suffix.length - body.length)
    return `${prefix}${infix}${body}${'x'.repeat(padding)}${suffix}`
  }
}

function matching(pattern: RegExp | undefined): Sampler | undefined {
  const sample = pattern === undefined ? undefined : patternSampler(pattern)
  return sample === undefined ? undefined : ({ random }) => sample(random)
}

function choiceSampler(values: readonly unknown[]): Sampler {
  return ({ random }) => values[Math.floor(random() * values.length)]
}

function lengthWithin({ shortest, longest }: Limits, random: Random, usual: number): number {
  const least = shortest ?? 0
  return least + Math.floor(random() * (Math.min(longest ?? least + usual, least + usual) - least + 1))
}

function objectSampler(schema: z.core.$ZodObject): Sampler {
  const fields = Object.entries(schema._zod.def.shape).map(([name, field]) => [name, samplerOf(field)] as const)
  return draw =>
    Object.fromEntries(
      fields.map(([name, sample]) => [name, sample(draw)] as const).filter(([, value]) => value !== undefined),
    )
}
