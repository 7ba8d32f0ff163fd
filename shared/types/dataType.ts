/**
 * The types a column can have: Delta's and Spark's names, so that a table's schema is this structure as it stands.
 *
 * | type | value in memory |
 * |---|---|
 * | string | string |
 * | byte, short, integer, float, double | number |
 * | long | bigint |
 * | decimal | bigint, unscaled (`12.30` at scale 2 is `1230n`) |
 * | boolean | boolean |
 * | date | number, days since 1970-01-01 |
 * | timestamp, timestamp_ntz | bigint, microseconds since 1970-01-01 (UTC, or wall clock) |
 * | binary | Uint8Array |
 * | struct | object by field name |
 * | variant | a struct of its two binary fields, `metadata` and `value` |
 * | void | always null |
 * | array | array |
 * | map | array of `{ key, value }` |
 */
export type DataType = PrimitiveType | DecimalType | StructType | ArrayType | MapType

/** Types without parameters, as a schema in the log spells them. */
export type PrimitiveType =
  | 'string'
  | 'byte'
  | 'short'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'boolean'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'void'

/** Exact numbers of a fixed scale, which the log spells `decimal(precision,scale)`. */
export interface DecimalType {
  readonly type: 'decimal'
  /** Digits in all, 1 to 38. */
  readonly precision: number
  /** Digits after the point, 0 to `precision`. */
  readonly scale: number
}

/** Fields in order. The schema of a table is a struct, too. */
export interface StructType {
  readonly type: 'struct'
  readonly fields: readonly StructField[]
  /** The type is `variant`: the fields are its encoding, see {@link variantType}. */
  readonly variant?: true | undefined
}

/** Delta's `variant`: JSON-like values in the binary encoding that Parquet defines. */
export const variantType: StructType = {
  type: 'struct',
  variant: true,
  fields: [
    { name: 'metadata', type: 'binary', nullable: false },
    { name: 'value', type: 'binary', nullable: false },
  ],
}

/** A column of a table or a field of a struct; `nullable` says whether a value may be absent. */
export interface StructField {
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
  /** Free JSON; Delta keeps column mapping, comments and constraints here. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** Values of one type; `containsNull` says whether some may be null. */
export interface ArrayType {
  readonly type: 'array'
  readonly elementType: DataType
  readonly containsNull: boolean
}

/** Keys, which are never null, with values; `valueContainsNull` says whether these may be. */
export interface MapType {
  readonly type: 'map'
  readonly keyType: DataType
  readonly valueType: DataType
  readonly valueContainsNull: boolean
}

/** One entry of a map in memory, where a map is a list: its keys may be of any type. */
export interface MapEntry {
  readonly key: Value
  readonly value: Value
}

/** One value in memory, as the table above says; null where there is none. */
export type Value =
  string | number | bigint | boolean | Uint8Array | null | readonly Value[] | readonly MapEntry[] | Row

/** One row, or one struct, by field name. A name that is absent is null. */
export interface Row {
  readonly [name: string]: Value | undefined
}

/** A column's values in order. Typed arrays hold no nulls. */
export type ColumnData = readonly Value[] | BigInt64Array | Float64Array | Float32Array | Int32Array

/** The values of one column, an entry for each row. */
export interface Column {
  readonly field: StructField
  readonly data: ColumnData
}
