import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** When a timer last ran and runs next, in milliseconds; kept over restarts so that a missed run is noticed. */
export interface TimerStatus {
  readonly last?: number | undefined
  readonly next: number
  readonly updated: number
}

/** Where timers' statuses outlive the host, by the function's name. */
export interface TimerStatusStore {
  read(name: string): TimerStatus | undefined
  write(name: string, status: TimerStatus): void
}

/** Every timer's status in one file, what the host on Azure keeps in a blob each. An unreadable file counts as none. */
export function timerStatusFile(file: string): TimerStatusStore {
  let all: Record<string, TimerStatus> = {}
  try {
    all = JSON.parse(readFileSync(file, 'utf8')) as typeof all
  } catch {
    all = {}
  }
  return {
    read: name => all[name],
    write(name, status) {
      all[name] = status
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(`${file}.new`, JSON.stringify(all, null, 2))
      renameSync(`${file}.new`, file)
    },
  }
}
