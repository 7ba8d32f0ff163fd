import { type Clock, systemClock } from '../clock.js'
import type { LogData, Logger } from './logger.js'
import { redact } from './redaction.js'
import { terminalLine } from './terminalText.js'

/** From the most talkative to the least; the closed list. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const

/** Weight of a message: a logger writes those of its level and above. */
export type LogLevel = (typeof logLevels)[number]

/** What is logged, how and where; everything has a default. */
export interface ConsoleLoggerOptions {
  /** Nothing below it is logged; `info` when absent. */
  readonly level?: LogLevel | undefined
  /** `text` for people, `json` (one object a line) for machines; `text` when absent. */
  readonly format?: 'text' | 'json' | undefined
  /** Takes each line; standard error when absent, so that standard output stays the command's own. */
  readonly write?: ((line: string) => void) | undefined
  readonly clock?: Clock | undefined
}

/** A logger that writes one line a message, without secrets. */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const { level = 'info', format = 'text', write = toStandardError, clock = systemClock } = options
  const lowest = logLevels.indexOf(level)
  const formatted = format === 'json' ? jsonLine : textLine
  const at = (own: LogLevel) => (message: string, data?: LogData) => {
    if (logLevels.indexOf(own) >= lowest)
      write(`${terminalLine(redact(formatted(new Date(clock.now()), own, message, data ?? {})))}\n`)
  }
  const messages = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  if (format !== 'json') return messages
  // First, so that whoever filters the lines finds it at once.
  const row = (table: string, columns: LogData) => {
    write(`${terminalLine(redact(rowLine(new Date(clock.now()), table, columns)))}\n`)
  }
  return { ...messages, row }
}

function jsonLine(time: Date, level: LogLevel, message: string, data: LogData): string {
  // The three come last: data must not replace them.
  return jsonText({ ...data, time: time.toISOString(), level, message })
}

/** Longer texts are cut: Application Insights keeps 32,768 characters of a message. */
const longestText = 4096

function rowLine(time: Date, table: string, columns: LogData): string {
  const bounded = Object.entries(columns).map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' && value.length > longestText ? `${value.slice(0, longestText)}…` : value,
  ])
  return jsonText({ row: table, ...Object.fromEntries(bounded), time: time.toISOString() })
}

function jsonText(line: object): string {
  return JSON.stringify(line, (_, value: unknown) =>
    typeof value !== 'bigint' ? value : Number.isSafeInteger(Number(value)) ? Number(value) : value.toString(),
  )
}

function textLine(time: Date, level: LogLevel, message: string, data: LogData): string {
  const pairs = Object.entries(data).filter(([, value]) => value !== undefined)
  const shown = pairs.map(
    ([name, value]) =>
      ` ${name}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : String(value)}`,
  )
  return `${time.toISOString().slice(11, 23)} ${level.padEnd(5)} ${message}${shown.join('')}`
}

function toStandardError(line: string): void {
  process.stderr.write(line)
}
