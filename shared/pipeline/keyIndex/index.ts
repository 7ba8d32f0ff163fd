/** Where in silver a key can be, so that a run does not read the keys of all its window. */
export type { LocatedFile } from './keyIndex.js'
export { type KeySearch, type KeyTimes, readLocated } from './locatedRows.js'
export { SoughtKeys } from './soughtKeys.js'
export { dropKeyIndex, keyIndexOf, maintainKeyIndex, type TableKeyIndex } from './tableKeyIndex.js'
