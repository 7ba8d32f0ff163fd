/** A store whose faults are planned, for tests of what stands on storage. */
export { type Fault, Faults, type StorageOperation, storageOperations } from './faults.js'
export { FaultyStore } from './faultyStore.js'
