/** A table's schema: its text, column mapping, evolution, widening, partition values. */
export { charPadding, hasChars, padColumn, type Padding } from './charPadding.js'
export { type ColumnLayout, columnLayout, type ColumnPlace, isVoid } from './columnLayout.js'
export {
  assignMapping,
  isMapped,
  mapFields,
  mappingKeys,
  mappingMode,
  physicalNameOf,
  storedName,
  withoutMapping,
} from './columnMapping.js'
export { formatPartitionValue, parsePartitionValue, type PartitionValueOptions } from './partitionValue.js'
export {
  allFields,
  checkNewColumnNames,
  formatSchema,
  hasGeospatialTypes,
  type LeafColumn,
  leafColumns,
  parseSchema,
  typeText,
} from './schema.js'
export { compareSchemas, type SchemaChange } from './schemaChange.js'
export { mayWiden, withTypeChanges } from './typeChange.js'
export { hadType, isWidening } from './typeWidening.js'
