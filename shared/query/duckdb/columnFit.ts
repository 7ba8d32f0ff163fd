import type { DuckDBType } from '@duckdb/node-api'

import type { DataType } from '../../types/index.js'
import type { DuckDbModule } from './duckdbModule.js'

/**
 * Whether DuckDB's CAST of a file's column of type `from` to `wanted` gives exactly the values that the table has: for
 * the same type, and for the widenings that Delta knows.
 */
export function columnFits(duckdb: DuckDbModule, from: DuckDBType, wanted: DataType): boolean {
  const id = duckdb.DuckDBTypeId
  const integers = [id.TINYINT, id.SMALLINT, id.INTEGER, id.BIGINT]
  const upTo = (last: (typeof integers)[number]) =>
    integers.indexOf(from.typeId) >= 0 && integers.indexOf(from.typeId) <= integers.indexOf(last)
  const isOne = (...ids: readonly number[]) => ids.includes(from.typeId)
  if (typeof wanted === 'string') {
    switch (wanted) {
      case 'string':
        return isOne(id.VARCHAR)
      case 'byte':
        return upTo(id.TINYINT)
      case 'short':
        return upTo(id.SMALLINT)
      case 'integer':
        return upTo(id.INTEGER)
      case 'long':
        return upTo(id.BIGINT)
      case 'float':
        return isOne(id.FLOAT)
      case 'double':
        return isOne(id.FLOAT, id.DOUBLE) || upTo(id.INTEGER)
      case 'boolean':
        return isOne(id.BOOLEAN)
      case 'binary':
        return isOne(id.BLOB)
      case 'date':
        return isOne(id.DATE)
      // Sessions are in UTC, where a wall clock shows the same microseconds.
      case 'timestamp':
        return isOne(id.TIMESTAMP, id.TIMESTAMP_TZ)
      case 'timestamp_ntz':
        return isOne(id.TIMESTAMP, id.TIMESTAMP_TZ, id.DATE)
      case 'void':
        return false
    }
  }
  switch (wanted.type) {
    case 'decimal':
      if (from.typeId === id.DECIMAL)
        return from.scale <= wanted.scale && from.width - from.scale <= wanted.precision - wanted.scale
      return (
        upTo(id.BIGINT) && wanted.precision - wanted.scale >= (integerDigits[integers.indexOf(from.typeId)] ?? Infinity)
      )
    case 'array':
      return from.typeId === id.LIST && columnFits(duckdb, from.valueType, wanted.elementType)
    case 'map':
      return (
        from.typeId === id.MAP &&
        columnFits(duckdb, from.keyType, wanted.keyType) &&
        columnFits(duckdb, from.valueType, wanted.valueType)
      )
    case 'struct': {
      if (from.typeId !== id.STRUCT || wanted.variant === true) return false
      const names = from.entryNames.map(name => name.toLowerCase())
      const inFile = wanted.fields.filter(field => names.includes(field.name.toLowerCase()))
      // DuckDB casts a struct by its fields' names, and one without any field in common not at all.
      return (
        inFile.length > 0 &&
        inFile.every(field =>
          columnFits(duckdb, from.entryTypes[names.indexOf(field.name.toLowerCase())] as DuckDBType, field.type),
        )
      )
    }
  }
}

/** Digits of the longest number of one, two, four and eight bytes. */
const integerDigits = [3, 5, 10, 19] as const
