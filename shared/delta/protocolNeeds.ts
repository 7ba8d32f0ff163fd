import type { DataType, StructType } from '../parquet/dataType.js'
import type { Protocol } from './actions.js'
import { readerFeaturesOf, writerFeaturesOf } from './features.js'

/**
 * The lowest protocol that a new table with this schema can have, so that as many readers as possible can read it:
 * (1,2), or lists of features once a type needs one. The lists hold `appendOnly` and `invariants` as well, which
 * version 2 implies and version 7 does not; other engines expect them. Pure; no I/O.
 */
export function protocolFor(schema: StructType): Protocol {
  return protocolForChange({ minReaderVersion: 1, minWriterVersion: 2 }, schema)
}

/** What `current` must become before the table can have `schema`; `current` itself when it will do. */
export function protocolForChange(current: Protocol, schema: StructType): Protocol {
  const reader = new Set(readerFeaturesOf(current))
  if (!usesTimestampNtz(schema) || reader.has('timestampNtz')) return current
  reader.add('timestampNtz')
  return {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: [...reader].sort(),
    writerFeatures: [...new Set([...writerFeaturesOf(current), ...reader])].sort(),
  }
}

function usesTimestampNtz(type: DataType): boolean {
  if (typeof type === 'string') return type === 'timestamp_ntz'
  switch (type.type) {
    case 'struct':
      return type.fields.some((field) => usesTimestampNtz(field.type))
    case 'array':
      return usesTimestampNtz(type.elementType)
    case 'map':
      return usesTimestampNtz(type.keyType) || usesTimestampNtz(type.valueType)
    case 'decimal':
      return false
  }
}
