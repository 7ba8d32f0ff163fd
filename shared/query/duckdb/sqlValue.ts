import type { DuckDBStructType, DuckDBType, DuckDBValue } from '@duckdb/node-api'

import type { DataType, Value } from '../../types/index.js'
import type { DuckDbModule } from './duckdbModule.js'

/** How one column of a result is read: its type among the project's, and its values as dataType.ts has them. */
export interface ValueReader {
  readonly type: DataType
  readonly read: (value: DuckDBValue) => Value
}

/** What DuckDB's value objects hold, by the type of their column. */
interface Parts {
  readonly bytes: Uint8Array
  readonly days: number
  readonly seconds: bigint
  readonly millis: bigint
  readonly micros: bigint
  readonly nanos: bigint
  /** A decimal's unscaled value. */
  readonly value: bigint
  readonly items: readonly DuckDBValue[]
}

interface MapParts {
  readonly key: DuckDBValue
  readonly value: DuckDBValue
}

const parts = (value: unknown) => value as Parts

/**
 * The reader of a DuckDB type. What has no type of its own here is read as the nearest that loses nothing: unsigned and
 * huge integers as `long` (a bigint in memory), times of other precisions as `timestamp_ntz`, all else as its text.
 */
export function valueReader(duckdb: DuckDbModule, type: DuckDBType): ValueReader {
  const id = duckdb.DuckDBTypeId
  switch (type.typeId) {
    case id.BOOLEAN:
      return asIs('boolean')
    case id.TINYINT:
      return asIs('byte')
    case id.SMALLINT:
    case id.UTINYINT:
      return asIs('short')
    case id.INTEGER:
    case id.USMALLINT:
      return asIs('integer')
    case id.BIGINT:
    case id.UBIGINT:
    case id.HUGEINT:
    case id.UHUGEINT:
      return asIs('long')
    case id.UINTEGER:
      return reader('long', value => BigInt(value as number))
    case id.FLOAT:
      return asIs('float')
    case id.DOUBLE:
      return asIs('double')
    case id.VARCHAR:
    case id.ENUM:
      return asIs('string')
    case id.BLOB:
      return reader('binary', value => plainBytes(parts(value).bytes))
    case id.DATE:
      return reader('date', value => parts(value).days)
    case id.TIMESTAMP_TZ:
      return reader('timestamp', value => parts(value).micros)
    case id.TIMESTAMP:
      return reader('timestamp_ntz', value => parts(value).micros)
    case id.TIMESTAMP_S:
      return reader('timestamp_ntz', value => parts(value).seconds * 1_000_000n)
    case id.TIMESTAMP_MS:
      return reader('timestamp_ntz', value => parts(value).millis * 1_000n)
    case id.TIMESTAMP_NS:
      return reader('timestamp_ntz', value => floorDivide(parts(value).nanos, 1_000n))
    case id.DECIMAL: {
      const { width, scale } = type
      return reader({ type: 'decimal', precision: width, scale }, value => parts(value).value)
    }
    case id.LIST:
    case id.ARRAY: {
      const element = valueReader(duckdb, type.valueType)
      return reader({ type: 'array', elementType: element.type, containsNull: true }, value =>
        parts(value).items.map(element.read),
      )
    }
    case id.STRUCT:
      return structReader(duckdb, type)
    case id.MAP: {
      const key = valueReader(duckdb, type.keyType)
      const item = valueReader(duckdb, type.valueType)
      return reader({ type: 'map', keyType: key.type, valueType: item.type, valueContainsNull: true }, value =>
        (value as unknown as { readonly entries: readonly MapParts[] }).entries.map(e => ({
          key: key.read(e.key),
          value: item.read(e.value),
        })),
      )
    }
    default:
      return reader('string', value => String(value))
  }
}

function structReader(duckdb: DuckDbModule, type: DuckDBStructType): ValueReader {
  const fields = type.entryNames.map((name, i) => ({ name, ...valueReader(duckdb, type.entryTypes[i] as DuckDBType) }))
  return reader(
    { type: 'struct', fields: fields.map(f => ({ name: f.name, type: f.type, nullable: true })) },
    value => {
      const { entries } = value as unknown as { readonly entries: Readonly<Record<string, DuckDBValue>> }
      return Object.fromEntries(fields.map(f => [f.name, f.read(entries[f.name] ?? null)]))
    },
  )
}

/** A reader that passes null by itself. */
function reader(type: DataType, read: (value: Exclude<DuckDBValue, null>) => Value): ValueReader {
  return { type, read: value => (value === null ? null : read(value)) }
}

/** For types whose DuckDB values are the project's already. */
function asIs(type: DataType): ValueReader {
  return { type, read: value => value as Value }
}

/** A plain array of the bytes: a Buffer, which DuckDB gives, turns into something else in JSON and in comparisons. */
function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}
