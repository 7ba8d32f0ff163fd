/** Changing a table's rows: append, delete, update, merge, overwrite, restore. */
export { rowsOf } from '../write/index.js'
export { type AppendOptions, appendRows } from './appendRows.js'
export { createWithRows } from './createWithRows.js'
export { type DeleteOptions, deleteRows } from './deleteRows.js'
export { type MergeOptions, mergeRows } from './mergeRows.js'
export { type OverwriteOptions, overwriteRows } from './overwriteRows.js'
export { planRestore, type RestoreOptions, restoreTable, type RestoreTarget } from './restoreTable.js'
export { type Assignment, type UpdateOptions, updateRows } from './updateRows.js'
