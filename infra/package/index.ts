/** The archive that Azure runs. */
export { bundle, entryPattern } from './bundle.js'
export { zip, type ZipEntry } from './zip.js'
