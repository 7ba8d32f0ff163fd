import type { DataType, PrimitiveType, StructField } from '../../types/index.js'
import { ParquetError } from '../base/index.js'
import type { SchemaElement } from '../hyparquetInternals.js'

const columnId = 'delta.columnMapping.id'

/**
 * The schema of a Parquet file, depth first, as Spark writes it: three-level lists, `key_value` maps, INT64
 * microseconds, and the smallest physical type for a decimal.
 */
export function schemaElements(fields: readonly StructField[]): SchemaElement[] {
  const elements: SchemaElement[] = [{ name: 'spark_schema', num_children: fields.length }]
  for (const field of fields) appendField(elements, field)
  return elements
}

function appendField(elements: SchemaElement[], field: StructField): void {
  const id = field.metadata?.[columnId]
  appendType(elements, field.name, field.type, field.nullable, typeof id === 'number' ? id : undefined)
}

function appendType(
  elements: SchemaElement[],
  name: string,
  type: DataType,
  nullable: boolean,
  fieldId?: number,
): void {
  const base: SchemaElement = { name, repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED' }
  if (fieldId !== undefined) base.field_id = fieldId
  if (type === 'void') {
    throw new ParquetError('PARQUET_UNSUPPORTED', `Column ${name} is void, which Parquet cannot hold. Leave it out.`, {
      data: { column: name },
    })
  }
  if (typeof type === 'string') {
    elements.push({ ...base, ...primitiveElements[type] })
    return
  }
  switch (type.type) {
    case 'decimal':
      elements.push({ ...base, ...decimalElement(type.precision, type.scale) })
      return
    case 'struct':
      if (type.fields.length === 0) {
        throw new ParquetError(
          'PARQUET_UNSUPPORTED',
          `Column ${name} is a struct without fields, which Parquet cannot hold. Give it a field or leave it out.`,
          { data: { column: name } },
        )
      }
      elements.push({ ...base, num_children: type.fields.length })
      for (const child of type.fields) appendField(elements, child)
      return
    case 'array':
      elements.push({ ...base, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } })
      elements.push({ name: 'list', repetition_type: 'REPEATED', num_children: 1 })
      appendType(elements, 'element', type.elementType, type.containsNull)
      return
    case 'map':
      elements.push({ ...base, num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } })
      elements.push({ name: 'key_value', repetition_type: 'REPEATED', num_children: 2 })
      appendType(elements, 'key', type.keyType, false)
      appendType(elements, 'value', type.valueType, type.valueContainsNull)
  }
}

const primitiveElements: Readonly<Record<Exclude<PrimitiveType, 'void'>, Partial<SchemaElement>>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  byte: { type: 'INT32', converted_type: 'INT_8' },
  short: { type: 'INT32', converted_type: 'INT_16' },
  integer: { type: 'INT32' },
  long: { type: 'INT64' },
  float: { type: 'FLOAT' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  binary: { type: 'BYTE_ARRAY' },
  date: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  timestamp: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
  // The old annotation means UTC, so wall-clock time carries the new one alone.
  timestamp_ntz: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
}

function decimalElement(precision: number, scale: number): Partial<SchemaElement> {
  const annotation = {
    converted_type: 'DECIMAL',
    precision,
    scale,
    logical_type: { type: 'DECIMAL', precision, scale },
  } as const
  if (precision <= 9) return { type: 'INT32', ...annotation }
  if (precision <= 18) return { type: 'INT64', ...annotation }
  return { type: 'FIXED_LEN_BYTE_ARRAY', type_length: decimalBytes(precision), ...annotation }
}

/** The fewest bytes of two's complement that hold every number of so many digits. */
export function decimalBytes(precision: number): number {
  let bytes = 1
  while (1n << BigInt(bytes * 8 - 1) < 10n ** BigInt(precision)) bytes++
  return bytes
}
