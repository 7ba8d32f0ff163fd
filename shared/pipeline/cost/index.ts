/** What the runs in cluster_logs cost, by step and by what is charged for. */
export { type CostReport, costReport, type StepCost } from './costReport.js'
export { costedRun, readCost, tablesOfStep } from './readCost.js'
export { RunLedger, type StepSums } from './runLedger.js'
