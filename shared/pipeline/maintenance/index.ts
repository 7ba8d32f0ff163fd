/** Checkpoints, compaction, clean-up of every table behind its consumers. */
export { duckDbClusterer } from './clusterer.js'
export { ConsumerPositions } from './consumerPositions.js'
export { errorGroup } from './errorGroup.js'
export { collectGarbage } from './garbage.js'
export { maintainedTables, runMaintenance } from './maintenanceStep.js'
