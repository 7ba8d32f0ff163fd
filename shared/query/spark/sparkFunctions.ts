import { typeText } from '../../delta/index.js'
import type { DataType } from '../../types/index.js'
import { literal } from '../duckdb/index.js'
import { regexPattern } from './sparkPattern.js'
import { unsupported } from './sparkTokens.js'
import { as, isDecimal, isExact, isFloating, isInteger, sharedType, type TypedSql } from './typedSql.js'

type Translation = (args: readonly TypedSql[], name: string) => TypedSql

/** The functions of Spark's SQL that are known, by name: each with its equivalent in DuckDB. */
export const sparkFunctions: ReadonlyMap<string, Translation> = new Map<string, Translation>([
  ...named(
    ['length', 'char_length', 'character_length', 'len'],
    text1(x => [`CAST(length(${x}) AS INTEGER)`, 'integer']),
  ),
  ...named(
    ['octet_length'],
    text1(x => [`CAST(strlen(${x}) AS INTEGER)`, 'integer']),
  ),
  // Beyond ASCII the two know different pairs of letters.
  ...named(
    ['lower', 'lcase'],
    text1(x => [asciiOnly('lower', x), 'string']),
  ),
  ...named(
    ['upper', 'ucase'],
    text1(x => [asciiOnly('upper', x), 'string']),
  ),
  ...named(
    ['trim'],
    text1(x => [`trim(${x}, ' ')`, 'string']),
  ),
  ...named(
    ['ltrim'],
    text1(x => [`ltrim(${x}, ' ')`, 'string']),
  ),
  ...named(
    ['rtrim'],
    text1(x => [`rtrim(${x}, ' ')`, 'string']),
  ),
  ['startswith', text2((a, b) => [`starts_with(${a}, ${b})`, 'boolean'])],
  ['endswith', text2((a, b) => [`ends_with(${a}, ${b})`, 'boolean'])],
  ['contains', text2((a, b) => [`contains(${a}, ${b})`, 'boolean'])],
  ...named(['substring', 'substr'], substring),
  ['concat', concat],
  ...named(['rlike', 'regexp', 'regexp_like'], matches),
  [
    'abs',
    (args, name) => {
      const [x] = exactly(args, 1, name)
      if (!isExact(x.type) && !isFloating(x.type)) throw wrongType(name, x)
      return { sql: `abs(${x.sql})`, type: x.type }
    },
  ],
  ...named(['coalesce'], (args, name) => chosen(name, args, list => `coalesce(${list.join(', ')})`)),
  ...named(['nvl', 'ifnull'], (args, name) =>
    chosen(name, exactly(args, 2, name), list => `coalesce(${list.join(', ')})`),
  ),
  [
    'nullif',
    (args, name) => {
      const [a, b] = exactly(args, 2, name)
      const shared = sharedType(name, [a, b])
      return { sql: `CASE WHEN ${as(a, shared)} = ${as(b, shared)} THEN NULL ELSE ${a.sql} END`, type: a.type }
    },
  ],
  [
    'if',
    (args, name) => {
      const [condition, a, b] = exactly(args, 3, name)
      requireBoolean(condition)
      return chosen(name, [a, b], ([x = '', y = '']) => `CASE WHEN ${condition.sql} THEN ${x} ELSE ${y} END`)
    },
  ],
  ['isnull', (args, name) => ({ sql: `(${exactly(args, 1, name)[0].sql} IS NULL)`, type: 'boolean' })],
  ['isnotnull', (args, name) => ({ sql: `(${exactly(args, 1, name)[0].sql} IS NOT NULL)`, type: 'boolean' })],
  [
    'isnan',
    (args, name) => {
      const [x] = exactly(args, 1, name)
      if (!isFloating(x.type)) throw wrongType(name, x)
      return { sql: `coalesce(isnan(${x.sql}), false)`, type: 'boolean' }
    },
  ],
  ['greatest', (args, name) => chosen(name, ordered(args, name), list => `greatest(${list.join(', ')})`)],
  ['least', (args, name) => chosen(name, ordered(args, name), list => `least(${list.join(', ')})`)],
  ...named(['year', 'month', 'quarter'], (args, name) => datePart(args, name, name)),
  ...named(['day', 'dayofmonth'], (args, name) => datePart(args, name, 'day')),
  ['dayofweek', (args, name) => ({ sql: `(${datePart(args, name, 'dayofweek').sql} + 1)`, type: 'integer' })],
  ...named(['hour', 'minute', 'second'], (args, name) => {
    const [x] = exactly(args, 1, name)
    if (x.type !== 'timestamp_ntz') throw wrongType(name, x)
    return { sql: `CAST(${name}(${x.sql}) AS INTEGER)`, type: 'integer' }
  }),
  [
    'datediff',
    (args, name) => {
      const [a, b] = exactly(args, 2, name)
      for (const x of [a, b]) if (x.type !== 'date') throw wrongType(name, x)
      return { sql: `CAST(${a.sql} - ${b.sql} AS INTEGER)`, type: 'integer' }
    },
  ],
  ['date_add', (args, name) => dateMoved(args, name, '+')],
  ['date_sub', (args, name) => dateMoved(args, name, '-')],
])

/** @throws QueryError `QUERY_UNSUPPORTED_EXPRESSION` unless the value is a boolean, or a NULL without a type */
export function requireBoolean(value: TypedSql): void {
  if (value.type !== 'boolean' && value.type !== 'void')
    throw unsupported(`a ${typeText(value.type)} where a condition is expected`)
}

/** RLIKE, in its three spellings. */
export function matches(args: readonly TypedSql[], name: string): TypedSql {
  const [text, pattern] = exactly(args, 2, name)
  if (text.type !== 'string') throw wrongType(name, text)
  if (pattern.type !== 'string' || pattern.literal === undefined)
    throw unsupported(`${name} with a pattern that is not written out`)
  return { sql: `regexp_matches(${text.sql}, ${literal(regexPattern(pattern.literal))})`, type: 'boolean' }
}

function named(names: readonly string[], translation: Translation): [string, Translation][] {
  return names.map(name => [name, translation])
}

type Arguments<N extends number> = N extends 1
  ? readonly [TypedSql]
  : N extends 2
    ? readonly [TypedSql, TypedSql]
    : readonly [TypedSql, TypedSql, TypedSql]

function exactly<N extends 1 | 2 | 3>(args: readonly TypedSql[], count: N, name: string): Arguments<N> {
  if (args.length !== count) throw unsupported(`${name} with ${args.length} arguments`)
  return args as Arguments<N>
}

function wrongType(name: string, { type }: TypedSql) {
  return unsupported(`${name} of a ${typeText(type)}`)
}

function text1(make: (x: string) => readonly [sql: string, type: DataType]): Translation {
  return (args, name) => {
    const [x] = exactly(args, 1, name)
    if (x.type !== 'string') throw wrongType(name, x)
    const [sql, type] = make(x.sql)
    return { sql, type }
  }
}

function text2(make: (a: string, b: string) => readonly [sql: string, type: DataType]): Translation {
  return (args, name) => {
    const [a, b] = exactly(args, 2, name)
    for (const x of [a, b]) if (x.type !== 'string') throw wrongType(name, x)
    const [sql, type] = make(a.sql, b.sql)
    return { sql, type }
  }
}

function asciiOnly(name: string, x: string): string {
  return `CASE WHEN ${x} IS NULL THEN NULL WHEN strlen(${x}) = length(${x}) THEN ${name}(${x}) ELSE error('${name} of a text with letters beyond ASCII differs between engines') END`
}

function substring(args: readonly TypedSql[], name: string): TypedSql {
  const [text, start, count] = args
  if (text?.type !== 'string' || start === undefined || args.length > 3)
    throw unsupported(`${name} of other than a text`)
  const from = Number(start.literal)
  const length = count === undefined ? undefined : Number(count.literal)
  if (!(isInteger(start.type) && from >= 1) || (count !== undefined && !(isInteger(count.type) && (length ?? -1) >= 0)))
    throw unsupported(`${name} with a start below 1, or one that is not written out`)
  return { sql: `substring(${[text.sql, from, ...(length === undefined ? [] : [length])].join(', ')})`, type: 'string' }
}

function concat(args: readonly TypedSql[], name: string): TypedSql {
  for (const x of args) if (x.type !== 'string') throw wrongType(name, x)
  if (args.length === 0) throw unsupported(`${name} without arguments`)
  return { sql: `(${args.map(x => x.sql).join(' || ')})`, type: 'string' }
}

function chosen(name: string, args: readonly TypedSql[], make: (list: readonly string[]) => string): TypedSql {
  if (args.length === 0) throw unsupported(`${name} without arguments`)
  const type = sharedType(name, args)
  return { sql: make(args.map(x => as(x, type))), type }
}

function ordered(args: readonly TypedSql[], name: string): readonly TypedSql[] {
  if (args.length < 2) throw unsupported(`${name} with ${args.length} arguments`)
  for (const x of args) if (typeof x.type === 'object' && !isDecimal(x.type)) throw wrongType(name, x)
  return args
}

function datePart(args: readonly TypedSql[], name: string, part: string): TypedSql {
  const [x] = exactly(args, 1, name)
  // A timestamp's day depends on the zone of whoever asks.
  if (x.type !== 'date' && x.type !== 'timestamp_ntz') throw wrongType(name, x)
  return { sql: `CAST(${part}(${x.sql}) AS INTEGER)`, type: 'integer' }
}

function dateMoved(args: readonly TypedSql[], name: string, sign: string): TypedSql {
  const [day, count] = exactly(args, 2, name)
  if (day.type !== 'date') throw wrongType(name, day)
  if (!isInteger(count.type) || count.type === 'long') throw wrongType(name, count)
  return { sql: `CAST(${day.sql} ${sign} ${as(count, 'integer')} AS DATE)`, type: 'date' }
}
