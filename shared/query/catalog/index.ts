/** The lake's tables by name in SQL. */
export { LakeCatalog, rootTables } from './lakeCatalog.js'
export { type LakeStatement, parseLakeStatement } from './lakeStatement.js'
