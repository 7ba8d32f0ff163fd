import { type DataType, formatDecimal, type Value } from '../../types/index.js'

/** SQL as text, in DuckDB's dialect. */

/** A name in double quotes. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A list of strings, any of them. */
export function literalList(strings: readonly string[]): string {
  return `[${strings.map(anyString).join(', ')}]`
}

/** As an expression: no literal can hold U+0000, at which the parser takes a statement to end. */
function anyString(value: string): string {
  return value.split('\0').map(literal).join(' || chr(0) || ')
}

/**
 * A local path as an argument of the functions that read files: these take it as a glob, in which `*`, `?` and `[` are
 * special. A path with one of them and a backslash cannot be expressed.
 */
export function pathPattern(path: string): string {
  return path.replace(/[*?[]/g, special => `[${special}]`)
}

/** A relation of the rows of local Parquet files, without partition columns from their folders' names. */
export function parquetFiles(paths: readonly string[], options: readonly string[] = []): string {
  return `read_parquet(${[literalList(paths.map(pathPattern)), 'hive_partitioning = false', ...options].join(', ')})`
}

/** The DuckDB type that holds every value of a column type, and no other. */
export function sqlType(type: DataType): string {
  if (typeof type === 'string') return primitives[type]
  switch (type.type) {
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'struct':
      return `STRUCT(${type.fields.map(f => `${identifier(f.name)} ${sqlType(f.type)}`).join(', ')})`
    case 'array':
      return `${sqlType(type.elementType)}[]`
    case 'map':
      return `MAP(${sqlType(type.keyType)}, ${sqlType(type.valueType)})`
  }
}

/** A value of a primitive type or a decimal as an expression of exactly that value and type. */
export function valueLiteral(type: DataType, value: Value): string {
  return `CAST(${value === null ? 'NULL' : bareLiteral(type, value)} AS ${sqlType(type)})`
}

function bareLiteral(type: DataType, value: Value): string {
  if (typeof value === 'string')
    return value.includes('\0') ? `decode(${hexLiteral(Buffer.from(value))})` : literal(value)
  if (value instanceof Uint8Array) return hexLiteral(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') {
    // A cast between the two goes through a calendar that ends before their values do.
    if (type === 'timestamp') return `make_timestamptz(${value})`
    if (type === 'timestamp_ntz') return `make_timestamp(${value})`
    return literal(
      typeof type === 'object' && type.type === 'decimal' ? formatDecimal(value, type.scale) : String(value),
    )
  }
  if (typeof value === 'number')
    return type === 'date' ? `(DATE '1970-01-01' + (${value}))` : literal(Object.is(value, -0) ? '-0.0' : String(value))
  throw new TypeError('nested values have no literal here')
}

function hexLiteral(bytes: Uint8Array): string {
  return `from_hex(${literal(Buffer.from(bytes).toString('hex'))})`
}

const primitives = {
  void: '"NULL"',
  string: 'VARCHAR',
  byte: 'TINYINT',
  short: 'SMALLINT',
  integer: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
} as const

/** A SELECT list; rows are rows even when no column of them is wanted. */
export function selectList(columns: readonly string[]): string {
  return columns.length === 0 ? 'NULL AS no_column' : columns.join(', ')
}
