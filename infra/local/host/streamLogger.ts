import { type LogData, type Logger } from '../../../shared/telemetry/logger.js'

const levels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof levels)[number]

/** Lines on a stream: time, level, message, data. */
export function streamLogger(out: NodeJS.WritableStream, least: LogLevel = 'info'): Logger {
  const at = (level: LogLevel) => (message: string, data?: LogData) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return
    const time = new Date().toISOString().slice(11, 23)
    const extra = Object.entries(data ?? {}).map(([name, value]) => ` ${name}=${String(value)}`)
    out.write(`${time} ${level.padEnd(5)} ${message}${extra.join('')}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
