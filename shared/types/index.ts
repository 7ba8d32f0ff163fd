/** The vocabulary of every room: data types and values, exact JSON, dates, decimals and numbers as text, literals, the order of values, column paths. */
export { chunks } from './chunks.js'
export { daysOfCivil } from './civilDate.js'
export { columnKey, type ColumnPath, parseColumnList, parseColumnPath, quotedColumn } from './columnPath.js'
export { containsType } from './containsType.js'
export {
  type Column,
  type ColumnData,
  type DataType,
  type DecimalType,
  type MapEntry,
  type PrimitiveType,
  type Row,
  type StructField,
  type StructType,
  type Value,
  variantType,
} from './dataType.js'
export { dayMicros, dayMs } from './dayLength.js'
export { formatDecimal, formatShortDecimal, parseDecimal, parseSparkDecimal } from './decimalText.js'
export {
  isDayInYears,
  isTimeInYears,
  lacksZone,
  leavesYears,
  parseIsoDate,
  parseIsoTimestamp,
  parseIsoTimestampNtz,
} from './isoTime.js'
export {
  asObject,
  formatJson,
  isJsonArray,
  isJsonObject,
  type Json,
  JsonNumber,
  type JsonObject,
  parseJson,
} from './json.js'
export { JsonError } from './jsonError.js'
export { literalText } from './literalText.js'
export { namedValue, namedValues } from './namedValues.js'
export { formatDouble, formatFloat, inWords, parseDouble, parseSparkDouble } from './numberText.js'
export { textOf } from './rowText.js'
export { formatDate, parseSparkDate, parseSparkTimestamp, splitTimestamp } from './sparkTime.js'
export { fieldNamed, isRow, isStruct, isVariant, typeAt } from './struct.js'
export { compareStrings, compareValues, partitionPoint, surrogatesLast } from './valueOrder.js'
export { standardOffsetMs, zoneOffsetMs } from './zoneOffset.js'
