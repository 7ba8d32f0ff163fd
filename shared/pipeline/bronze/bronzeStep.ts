export { catchUp } from './catchUpStep.js'
export { ingestBatch } from './ingestStep.js'
export { planReset, resetOffsets, type PartitionReset } from './resetOffsets.js'
