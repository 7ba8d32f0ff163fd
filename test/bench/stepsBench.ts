import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { memoryOfInstance } from '../../infra/local/index.js'
import { type Azurite, startAzurite } from '../harness/azurite.js'

const run = promisify(execFile)

/** What a process took for a step over a whole backlog. */
export interface StepMeasure {
  readonly step: string
  readonly rows: number
  readonly store: string
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
  readonly commits: number
}

/** In the order of the pipeline; each finds what those before it have left. */
const alone = ['silver', 'gold', 'monitor', 'maintenance', 'rebuild silver', 'rebuild gold']
const together = 'silver,gold,monitor,maintenance,rebuild silver,rebuild gold'

/** Megabytes of an instance, and of the heap that Node has in one of that size. */
const instanceMb = { alone: 512, together: 1024 }

/**
 * Each step over a backlog of bronze, by a process of its own that is told it has an instance of 512 MB, and all of them
 * in one process that is told of 1 GB; on the local disk, and on Azurite.
 *
 * @param most rows of the largest backlog; the others have a third and a tenth
 */
export async function* stepsBench(most = 3_000_000): AsyncGenerator<StepMeasure> {
  for (const rows of [Math.round(most / 10), Math.round(most / 3), most]) {
    for (const store of ['disk', 'Azurite']) {
      const azurite = store === 'disk' ? undefined : await startAzurite()
      try {
        yield* overBacklog(rows, store, azurite)
      } finally {
        await azurite?.stop()
      }
    }
  }
}

async function* overBacklog(rows: number, store: string, azurite: Azurite | undefined): AsyncGenerator<StepMeasure> {
  for (const [steps, megabytes] of [
    [alone, instanceMb.alone],
    [[together], instanceMb.together],
  ] as const) {
    const folder = await mkdtemp(join(tmpdir(), 'steps-bench-'))
    const lake: Readonly<Record<string, string>> =
      azurite === undefined
        ? { LAKE_URL: pathToFileURL(folder).href }
        : { LAKE_URL: `${azurite.url}/lake-${megabytes}`, LAKE_CONNECTION_STRING: azurite.connectionString }
    const settings = JSON.stringify({ ...lake, INSTANCE_MEMORY_MB: String(megabytes), COMPACTION_MIN_FILES: '2' })
    const measure = async (step: string) => {
      const script = join(import.meta.dirname, 'stepProcess.js')
      const { nodeArgs, env } = memoryOfInstance(megabytes)
      const args = [...nodeArgs, script, step, String(rows), settings]
      const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...env } })
      return JSON.parse(stdout) as Omit<StepMeasure, 'step' | 'rows' | 'store'>
    }
    try {
      await measure('backlog')
      for (const step of steps)
        yield { step: step === together ? 'all in one' : step, rows, store, ...(await measure(step)) }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
