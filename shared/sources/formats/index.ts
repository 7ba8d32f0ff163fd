/** The formats of values: schemas found, values decoded for the contract to judge. */
export { openFormats } from './openFormats.js'
export type { FieldKind, SchemaField, SchemaValue } from './schemaFields.js'
export { StreamFormats } from './streamFormats.js'
export type { SubjectFields } from './subjectFields.js'
