import { type logCreator, logLevel } from 'kafkajs'

import type { Logger } from '../../../shared/telemetry/index.js'

/** kafkajs's log lines as ours; a group's ordinary rebalances are not worth a warning. */
export function kafkaLog(log: Logger): logCreator {
  return () => entry => {
    const { message, error } = entry.log as { message: string; error?: unknown }
    const data = { from: entry.namespace, ...(typeof error === 'string' && { error }) }
    if (entry.level === logLevel.ERROR) log.warn(`kafkajs: ${message}`, data)
    else log.debug(`kafkajs: ${message}`, data)
  }
}
