import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { writeLog, writeRows } from './deltaTables.js'

const run = promisify(execFile)

export interface MemoryMeasure {
  readonly name: string
  /** Of the table, or replaced. */
  readonly files: number
  readonly ms: number
  readonly peakBytes: number
}

/** Megabytes of heap that the process may have for what it keeps. */
const heapMegabytes = 64

/**
 * Maintenance of tables with little in them and with four times as much, each by a process of its own with a small heap:
 * checkpoints from 2,000 commits that no checkpoint has gone before, and OPTIMIZE of many small files and of a few large
 * ones.
 *
 * @param most files of the larger table of the checkpoints; the others have their share
 */
export async function memoryBench(most = 400_000): Promise<readonly MemoryMeasure[]> {
  const measures: MemoryMeasure[] = []
  for (const files of [Math.round(most / 4), most]) {
    measures.push(
      await inFolder('a checkpoint from 2000 commits', 'checkpoint', folder =>
        writeLog(folder, { commits: 2_000, files: Math.round(files / 2_000), removed: 10 }),
      ),
    )
  }
  for (const files of [Math.round(most / 80), Math.round(most / 20)])
    measures.push(
      await inFolder('OPTIMIZE of files of 100 rows', 'optimize', folder => writeRows(folder, { files, rows: 100 })),
    )
  for (const files of [Math.round(most / 20_000), Math.round(most / 5_000)])
    measures.push(
      await inFolder('OPTIMIZE of files of 500000 rows', 'optimize', folder =>
        writeRows(folder, { files, rows: 500_000 }),
      ),
    )
  return measures
}

async function inFolder(
  name: string,
  work: 'checkpoint' | 'optimize',
  prepare: (folder: string) => Promise<void>,
): Promise<MemoryMeasure> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-bench-'))
  try {
    await prepare(folder)
    const script = join(import.meta.dirname, 'maintenanceProcess.js')
    const { stdout } = await run(process.execPath, [`--max-old-space-size=${heapMegabytes}`, script, work, folder])
    return { name, ...(JSON.parse(stdout) as Omit<MemoryMeasure, 'name'>) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
