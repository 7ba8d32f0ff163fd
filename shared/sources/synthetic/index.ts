/** Synthetic events of a stream: loaded by what produces them only. */
export type { EventGenerator } from './eventGenerator.js'
export { drawnBy, SyntheticEvents, syntheticGenerator } from './syntheticEvents.js'
export { uuidOf } from './uuidOf.js'
