import {
  type Column,
  type ColumnData,
  columnKey,
  compareValues,
  type DataType,
  fieldNamed,
  isStruct,
  parseColumnList,
  type Row,
  type StructField,
  type StructType,
  type Value,
} from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { typeText } from '../schema/index.js'
import { type Predicate, predicateColumns } from '../stats/index.js'
import type { Rows } from '../write/index.js'

/**
 * Which rows a predicate is true for, as Spark's SQL has it: a comparison with null is neither true nor false, NaN is
 * equal to itself and above all other numbers, -0 is 0.
 */

/** True, false, or unknown. */
type Truth = boolean | null
type RowTruth = (row: number) => Truth

/**
 * The predicate with its columns as the table spells them, whatever the letter case.
 *
 * @throws DeltaError DELTA_NO_COLUMN; DELTA_UNSUPPORTED_TYPE for a value that is not one of its column's type, which
 * would compare with nothing and so leave a wrong question unnoticed
 */
export function fittedPredicate(predicate: Predicate, schema: StructType, where?: LogPlace): Predicate {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return { op: predicate.op, of: predicate.of.map(part => fittedPredicate(part, schema, where)) }
    case 'not':
      return { op: 'not', of: fittedPredicate(predicate.of, schema, where) }
    case 'isNull':
    case 'isNotNull':
      return { op: predicate.op, column: columnKey(findColumn(predicate.column, schema, where).path) }
    case 'in': {
      const { path, type } = findColumn(predicate.column, schema, where)
      const column = columnKey(path)
      return { op: 'in', column, values: predicate.values.map(value => fittedValue(value, type, column, where)) }
    }
    default: {
      const { path, type } = findColumn(predicate.column, schema, where)
      const column = columnKey(path)
      return { op: predicate.op, column, value: fittedValue(predicate.value, type, column, where) }
    }
  }
}

/** The top-level columns that a fitted predicate refers to, in the schema's order. */
export function predicateFields(predicate: Predicate, schema: StructType): readonly StructField[] {
  const names = new Set(predicateColumns(predicate).map(key => columnPath(key)[0]))
  return schema.fields.filter(field => names.has(field.name))
}

/** For each row 1 when a fitted predicate is true of it, 0 when it is false or null. */
export function testRows({ count, columns }: Rows, predicate: Predicate): Uint8Array {
  const truth = compile(predicate, columns)
  const result = new Uint8Array(count)
  for (let row = 0; row < count; row++) if (truth(row) === true) result[row] = 1
  return result
}

function compile(predicate: Predicate, columns: readonly Column[]): RowTruth {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return combined(
        predicate.of.map(part => compile(part, columns)),
        predicate.op === 'or',
      )
    case 'not': {
      const truth = compile(predicate.of, columns)
      return row => {
        const answer = truth(row)
        return answer === null ? null : !answer
      }
    }
    case 'isNull':
    case 'isNotNull': {
      const value = reader(predicate.column, columns)
      const wanted = predicate.op === 'isNull'
      return row => (value(row) === null) === wanted
    }
    case 'in':
      return membership(predicate.values, reader(predicate.column, columns))
    default:
      return comparison(predicate.op, predicate.value, reader(predicate.column, columns))
  }
}

/** `decisive` is what settles the whole: true in an `or`, false in an `and`. */
function combined(parts: readonly RowTruth[], decisive: boolean): RowTruth {
  return row => {
    let answer: Truth = !decisive
    for (const part of parts) {
      const truth = part(row)
      if (truth === decisive) return decisive
      if (truth === null) answer = null
    }
    return answer
  }
}

const meanings = {
  '=': (order: number) => order === 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const

function comparison(op: keyof typeof meanings, value: Value, read: (row: number) => Value): RowTruth {
  if (value === null) return () => null
  const meaning = meanings[op]
  return row => {
    const found = read(row)
    if (found === null) return null
    const order = orderOf(found, value)
    return order === undefined ? null : meaning(order)
  }
}

function membership(values: readonly Value[], read: (row: number) => Value): RowTruth {
  if (values.length === 0) return () => false
  const otherwise: Truth = values.includes(null) ? null : false
  const known = new Set(values.filter(value => value !== null).map(setKey))
  return row => {
    const found = read(row)
    if (found === null) return null
    return known.has(setKey(found)) ? true : otherwise
  }
}

/** What a Set compares as SQL compares values: NaN is NaN and -0 is 0 there too. */
function setKey(value: Value): unknown {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')
    : value
}

function orderOf(a: Value, b: Value): number | undefined {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) : compareValues(a, b)
}

function reader(key: string, columns: readonly Column[]): (row: number) => Value {
  const [name, ...inner] = columnPath(key)
  const data: ColumnData = columns.find(({ field }) => field.name === name)?.data ?? []
  if (inner.length === 0) return row => data[row] ?? null
  return row => {
    let value: Value = data[row] ?? null
    for (const part of inner) {
      if (value === null) return null
      value = (value as Row)[part] ?? null
    }
    return value
  }
}

function columnPath(key: string): readonly string[] {
  return parseColumnList(key)[0] ?? []
}

interface FoundColumn {
  readonly path: readonly string[]
  readonly type: DataType
}

function findColumn(key: string, schema: StructType, where: LogPlace | undefined): FoundColumn {
  const path: string[] = []
  let type: DataType = schema
  for (const name of columnPath(key)) {
    const fields: readonly StructField[] = isStruct(type) ? type.fields : []
    const field = fieldNamed(fields, name)
    if (field === undefined) throw noColumn(key, schema, where)
    path.push(field.name)
    type = field.type
  }
  if (path.length === 0) throw noColumn(key, schema, where)
  return { path, type }
}

function noColumn(key: string, schema: StructType, where: LogPlace | undefined): DeltaError {
  const known = schema.fields.map(field => field.name).join(', ')
  return new DeltaError('DELTA_NO_COLUMN', `there is no column ${key}; the table has: ${known}`, {
    where,
    data: { column: key },
  })
}

function fittedValue(value: Value, type: DataType, column: string, where: LogPlace | undefined): Value {
  if (value === null || inMemory(type)?.(value) === true) return value
  const given = value instanceof Uint8Array ? 'bytes' : typeof value
  throw new DeltaError(
    'DELTA_UNSUPPORTED_TYPE',
    `column ${column} is ${typeText(type)} and cannot be compared with a value of type ${given}`,
    {
      where,
      data: { column },
    },
  )
}

/** Whether a value is one of the type, as dataType.ts keeps it; undefined for types that have no order. */
function inMemory(type: DataType): ((value: Value) => boolean) | undefined {
  if (typeof type !== 'string') return type.type === 'decimal' ? isBigint : undefined
  switch (type) {
    case 'string':
    case 'boolean':
      return value => typeof value === type
    case 'byte':
    case 'short':
    case 'integer':
    case 'date':
    case 'float':
    case 'double':
      return value => typeof value === 'number'
    case 'long':
    case 'timestamp':
    case 'timestamp_ntz':
      return isBigint
    case 'binary':
      return value => value instanceof Uint8Array
    case 'void':
      return undefined
  }
}

function isBigint(value: Value): boolean {
  return typeof value === 'bigint'
}
