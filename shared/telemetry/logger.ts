/** Where a step says what it does; the function host, the command line and tests each bring their own. */
export interface Logger {
  debug(message: string, data?: LogData): void
  info(message: string, data?: LogData): void
  warn(message: string, data?: LogData): void
  error(message: string, data?: LogData): void
  /**
   * A row of the table of that name, as data for machines, whatever the level; what is written for people has none.
   */
  row?(table: string, columns: LogData): void
}

/** What belongs to a message, by name; a value of undefined is left out. */
export type LogData = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>

/** Says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
