/** Changing a table's columns, properties and features. */
export { alterTable } from './alterTable.js'
export { type ColumnText, parseColumnText, parseSchemaText, parseTypeText, sparkTypeNames } from './schemaText.js'
export type { ColumnPosition, NewColumn, TableChange } from './tableChange.js'
