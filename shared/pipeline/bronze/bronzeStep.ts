export { catchUp } from './catchUpStep.js'
export { ingestBatch } from './ingestStep.js'
