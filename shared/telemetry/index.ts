/** Logs, runs and their cost, and the redaction of secrets. */
export { consoleLogger, logLevels } from './consoleLogger.js'
export {
  type BilledExecutions,
  type CostParts,
  costParts,
  defaultPrices,
  listPricesOf,
  type Prices,
  totalCost,
} from './cost.js'
export { type LogData, type Logger, silentLogger } from './logger.js'
export { isGone, processName } from './processName.js'
export { protectSecret, protectSecretsIn, redact, redactError } from './redaction.js'
export { type Run, type RunCounts, type RunEnd, startRun } from './run.js'
export { rowListener, runLine } from './runLine.js'
export type { CoveredRange, RunListener, WrittenTable } from './runListener.js'
export { decodeRun, encodeRun, type RunJson, type RunRecord } from './runRecord.js'
export { terminalLine, terminalText } from './terminalText.js'
