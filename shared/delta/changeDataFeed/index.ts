/** The rows that versions changed. */
export {
  type ChangeBatch,
  type ChangeScan,
  type ChangesOptions,
  type ChangeType,
  readChanges,
} from './changeDataFeed.js'
