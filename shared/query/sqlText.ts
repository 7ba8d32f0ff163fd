import type { DataType } from '../parquet/dataType.js'

/** SQL as text, in DuckDB's dialect. Pure; no I/O. */

/** A name in double quotes. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A list literal of strings, as `read_parquet` takes its files. */
export function literalList(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`
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
