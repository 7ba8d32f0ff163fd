import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeLog } from './deltaTables.js'

const run = promisify(execFile)

export interface MemoryMeasure {
  readonly name: string
  readonly files: number
  readonly ms: number
  readonly peakBytes: number
}

/** Megabytes of heap that the process may have for what it keeps. */
const heapMegabytes = 64

/**
 * Checkpoints of tables with few files and with many, each by a process of its own with a small heap: from 2,000
 * commits that no checkpoint has gone before, and from a checkpoint and a hundred commits after it.
 */
export async function memoryBench(most = 400_000): Promise<readonly MemoryMeasure[]> {
  const measures: MemoryMeasure[] = []
  for (const files of [Math.round(most / 4), most]) {
    const folder = await mkdtemp(join(tmpdir(), 'memory-bench-'))
    try {
      await writeLog(folder, { commits: 2_000, files: Math.round(files / 2_000), removed: 10 })
      measures.push({ name: 'from 2000 commits', ...(await checkpoint(folder)) })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return measures
}

async function checkpoint(folder: string): Promise<Omit<MemoryMeasure, 'name'>> {
  const script = join(import.meta.dirname, 'checkpointMemory.js')
  const { stdout } = await run(process.execPath, [`--max-old-space-size=${heapMegabytes}`, script, folder])
  return JSON.parse(stdout) as Omit<MemoryMeasure, 'name'>
}
