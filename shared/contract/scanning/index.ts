/** Events of flat JSON contracts read from their bytes, without an object for each. */
export { JsonScanner } from './jsonScanner.js'
