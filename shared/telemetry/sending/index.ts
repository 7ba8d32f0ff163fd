/** Messages about runs to others, at best; loaded only where one is set. */
export { bestEffort } from './bestEffort.js'
export { Outbox } from './outbox.js'
export { Receiver } from './receiver.js'
