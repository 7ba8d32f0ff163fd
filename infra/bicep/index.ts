/** Bicep that is made from what the code declares. */
export { alertsBicep } from './alerts.js'
export { declaredBicep, secretParameters } from './declared.js'
export { runbookIndex } from './runbook.js'
export { workbookCharts, workbookTemplate } from './workbook.js'
