/** OPTIMIZE, VACUUM and log cleanup. */
export { writeCompactedLog } from './compactedLog.js'
export { hilbertIndex } from './hilbert.js'
export { cleanLog, type LogCleanupOptions, type LogCleanupOutcome } from './logCleanup.js'
export { optimizeTable } from './optimize.js'
export type { OptimizeMetrics, OptimizeOptions, OptimizeOutcome } from './optimizeOptions.js'
export type { RewriteJob, Rewriter } from './rewriter.js'
export { StoredRows } from './storedRows.js'
export { type VacuumOptions, type VacuumOutcome, vacuumTable } from './vacuum.js'
