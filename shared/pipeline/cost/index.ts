/** What the runs in cluster_logs cost, by step and by what is charged for. */
export { type CostReport, type StepCost } from './costReport.js'
export { readCost } from './readCost.js'
