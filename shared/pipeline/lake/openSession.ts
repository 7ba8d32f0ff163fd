import { DuckDbSession, type SessionOptions } from '../../query/index.js'
import { defaultSessionMemory, sortMemory } from './byteBudget.js'
import type { Lake } from './lake.js'

/** The bounds of a sort, and in turn those of the next attempt when its memory is not enough. */
export type SortingSessions = readonly [SessionOptions, ...SessionOptions[]]

/** The bounds of every DuckDB, by the settings: memory, and what it may spill where. */
export function sessionOptions({ settings }: Pick<Lake, 'settings'>): SessionOptions {
  return {
    memoryLimit: settings.duckdbMemoryLimit ?? defaultSessionMemory(settings.instanceMemoryMb * 1024 ** 2),
    temporaryFolder: settings.tempFolder,
    temporaryLimit: settings.tempLimit,
  }
}

/**
 * The same for what sorts files again, beside whatever else the process does: nobody waits for it, so that it takes one core
 * and no more memory of a large instance than of a small one, unless the settings say how much. A second core would read
 * and write files with buffers of its own. Rows of which too few fit get what any other session has.
 */
export function maintenanceSessions(lake: Pick<Lake, 'settings'>): SortingSessions {
  const usual = { ...sessionOptions(lake), threads: 1 }
  return lake.settings.duckdbMemoryLimit === undefined ? [{ ...usual, memoryLimit: sortMemory }, usual] : [usual]
}

/** Most that a step works on at once: rows, and bytes of the files that they lie in. */
export interface PieceBounds {
  readonly rows: number
  readonly bytes: number
}

/** Memory of a session for each row that is worked on: as it was read, and as it is being compared, sorted, written. */
const rowBytes = 512
/** The same for each byte of a file: columns are compressed there. */
const fileFactor = 4

/** What a session has memory for, so that nothing is spilled; whoever has more to do does it piece by piece. */
export function pieceBounds(lake: Pick<Lake, 'settings'>): PieceBounds {
  const { memoryLimit = 0 } = sessionOptions(lake)
  return { rows: Math.floor(memoryLimit / rowBytes), bytes: Math.floor(memoryLimit / fileFactor) }
}

/**
 * Bytes of files that one session can sort within its bounds: rows lie in the temporary folder as they were and as they
 * are being sorted, both times several times as large as in a file.
 */
export function sortableBytes({ settings }: Pick<Lake, 'settings'>): number {
  return Math.floor(settings.tempLimit / 8)
}

/** Files fetched at once, each of which holds a piece of some megabytes: two on the smallest instance, eight at most. */
export function parallelDownloads(lake: Pick<Lake, 'settings'>): number {
  return Math.min(8, Math.max(2, Math.floor(pieceBounds(lake).bytes / (16 * 2 ** 20))))
}

/** A DuckDB of its own for one run. */
export function openSession(lake: Pick<Lake, 'settings'>): Promise<DuckDbSession> {
  return DuckDbSession.open(sessionOptions(lake))
}
