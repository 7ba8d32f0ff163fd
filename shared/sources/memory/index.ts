/** A broker in memory, as a source of the tests. */
export { MemorySource, type MemorySourceOptions } from './memorySource.js'
