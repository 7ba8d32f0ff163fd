/** The formats of values: schemas found, values decoded for the contract to judge. */
export { openFormats } from './openFormats.js'
export { StreamFormats } from './streamFormats.js'
