import type { Predicate } from '../../shared/delta/index.js'
import type { DataType, Row, StructField, StructType } from '../../shared/types/index.js'

/** Words in which the tables of the tests are said. */
export const field = (name: string, type: DataType, more: Partial<StructField> = {}): StructField => ({
  name,
  type,
  nullable: true,
  ...more,
})
export const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields })
export const array = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true })
export const mapOf = (valueType: DataType): DataType => ({
  type: 'map',
  keyType: 'string',
  valueType,
  valueContainsNull: true,
})
export const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
export const enabled = (...names: string[]) => Object.fromEntries(names.map(name => [`delta.${name}`, 'true']))
export const [feed, vectors, tracking, timestamps] = [
  'enableChangeDataFeed',
  'enableDeletionVectors',
  'enableRowTracking',
  'enableInCommitTimestamps',
] as const

export const id = field('id', 'long')
export const s = field('s', 'string')
export const plain = struct(id, s)
export const idIs = (value: bigint): Predicate => ({ op: '=', column: 'id', value })
export const idBelow = (value: bigint): Predicate => ({ op: '<', column: 'id', value })
export const numbered = (from: number, to: number, more: (i: number) => Row = () => ({})): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: BigInt(from + i), s: `row ${from + i}`, ...more(from + i) }))
