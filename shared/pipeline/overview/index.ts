/** The lake in one small object, renewed by every run of the monitor: what a page shows without opening a table. */
export { ledgerOf } from './costDays.js'
export {
  emptyOverview,
  fewRoutine,
  type ModelOverview,
  type NotableEvent,
  type Overview,
  type RejectedExample,
  type TableOverview,
  type TaskOverview,
} from './overview.js'
export { readOverview } from './overviewFile.js'
export { renewOverview } from './renewOverview.js'
export {
  addSamples,
  emptyTimeline,
  type Range,
  ranges,
  resolutions,
  type Series,
  type TableMeasure,
  tableMeasures,
  type TaskMeasure,
} from './series.js'
export { isFailure, type TaskRun } from './taskRun.js'
