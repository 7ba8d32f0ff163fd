/** The archive that Azure runs. */
export { bundle } from './bundle.js'
export { zip } from './zip.js'
