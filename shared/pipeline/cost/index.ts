/** What the runs in cluster_logs cost, by step and by what is charged for. */
export { CostLedger, type StepSums } from './costLedger.js'
export { type CostReport, costReport, type StepCost } from './costReport.js'
export { costedRun, readCost, tablesOfStep } from './readCost.js'
export type { TableCost } from './tableCost.js'
