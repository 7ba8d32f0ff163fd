/** Synthetic events of a stream: loaded by what produces them only. */
export type { EventMaker } from './eventMaker.js'
export { SyntheticEvents, syntheticMaker } from './syntheticEvents.js'
