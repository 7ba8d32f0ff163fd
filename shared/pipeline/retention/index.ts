/** Rows whose time is over, by whole days: removed by maintenance, one commit a table, each counted once. */
export { bronzeKinds, noKinds } from './bronzeKinds.js'
export type { ExpiredRows } from './expireDays.js'
export { expireRows } from './expireRows.js'
export { followersOf } from './followers.js'
export { filesToSearch, openFile, type Rewriting, RewrittenFiles, writeFile } from './rewrittenFiles.js'
