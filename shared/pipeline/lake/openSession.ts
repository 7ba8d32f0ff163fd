import { DuckDbSession, type SessionOptions } from '../../query/index.js'
import { defaultSessionMemory } from './byteBudget.js'
import type { Lake } from './lake.js'

/** The bounds of every DuckDB, by the settings: memory, and what it may spill where. */
export function sessionOptions({ settings }: Pick<Lake, 'settings'>): SessionOptions {
  return {
    memoryLimit: settings.duckdbMemoryLimit ?? defaultSessionMemory(settings.instanceMemoryMb * 1024 ** 2),
    temporaryFolder: settings.tempFolder,
    temporaryLimit: settings.tempLimit,
  }
}

/**
 * Bytes of files that one session can sort within its bounds: rows lie in the temporary folder as they were and as they
 * are being sorted, both times several times as large as in a file.
 */
export function sortableBytes({ settings }: Pick<Lake, 'settings'>): number {
  return Math.floor(settings.tempLimit / 8)
}

/** A DuckDB of its own for one run. */
export function openSession(lake: Pick<Lake, 'settings'>): Promise<DuckDbSession> {
  return DuckDbSession.open(sessionOptions(lake))
}
