/** A file's schema: leaves, levels, logical and foreign types. */
export { type ForeignColumn, foreignColumns } from './foreignTypes.js'
export { isUnsigned } from './leafType.js'
export { calendarOf, type LegacyCalendar, type LegacyCalendars, legacyCalendars } from './legacyCalendar.js'
export { schemaElements } from './schemaElements.js'
export { type LeafNode, nodeField, type SchemaNode, schemaNodes, type StructNode } from './schemaNode.js'
