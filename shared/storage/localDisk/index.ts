/** A local folder as an object store. */
export { LocalDiskStore } from './localDisk.js'
