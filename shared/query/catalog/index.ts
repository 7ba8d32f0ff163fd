/** The lake's tables by name in SQL. */
export { rootTables } from './catalogName.js'
export { isUnread, type TablePlan } from './catalogViews.js'
export { LakeCatalog } from './lakeCatalog.js'
export { type LakeStatement, parseLakeStatement } from './lakeStatement.js'
export { preparedRows } from './preparedRows.js'
