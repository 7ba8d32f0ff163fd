import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { createTopics } from '../../infra/local/index.js'
import { startBroker } from '../../infra/local/kafka/index.js'
import { openSource } from '../../shared/sources/index.js'
import { type BronzeLoad, bronzeLoads, recordOf } from './bronzeLoads.js'
import { instanceMemory } from './instance.js'

const run = promisify(execFile)

/** What a process of its own says that it took, see bronzeProcess.ts. */
interface Cost {
  readonly rows: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

/**
 * Events of each shape on a broker of its own (4 partitions, lz4), ingested by a process of its own each time: what a
 * million of them take, the process's start included. The flat ones also with two workers.
 *
 * @param rows flat events; of larger ones there are fewer
 */
export async function bronzeCostBench(rows = 1_000_000): Promise<readonly { name: string; figure: string }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lake-bench-'))
  const broker = await startBroker({ stateFolder: join(folder, 'kafka') })
  const figures: { name: string; figure: string }[] = []
  try {
    await createTopics(
      broker.brokers,
      bronzeLoads.map(({ stream }) => stream.topic),
    )
    for (const load of bronzeLoads) {
      await fill(broker.brokers, load, Math.ceil(rows * load.share))
      for (const workers of load === bronzeLoads[0] ? [1, 2] : [1]) {
        const lake = join(folder, `lake-${load.stream.name}-${workers}`)
        const script = join(import.meta.dirname, 'bronzeProcess.js')
        const args = [...instanceMemory.nodeArgs, script, load.name, broker.brokers, lake, String(workers)]
        const { stdout } = await run(process.execPath, args)
        figures.push({ name: `${load.name}, workers: ${workers}`, figure: described(JSON.parse(stdout) as Cost) })
        await rm(lake, { recursive: true, force: true })
      }
    }
    return figures
  } finally {
    await broker.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function described({ rows, seconds, cpuSeconds, peakBytes }: Cost): string {
  const perMillion = ((cpuSeconds / rows) * 1e6).toFixed(1)
  return `${perMillion} s of CPU a million, ${(peakBytes / 2 ** 20).toFixed(0)} MB at most, ${rows} rows in ${seconds.toFixed(1)} s`
}

async function fill(brokers: string, load: BronzeLoad, rows: number): Promise<void> {
  const source = openSource({ kind: 'kafka', kafka: { brokers: [brokers] } }, { compression: 'lz4' })
  const batch = 5_000
  try {
    for (let done = 0; done < rows; done += batch) {
      const count = Math.min(batch, rows - done)
      await source.produce(
        load.stream.topic,
        Array.from({ length: count }, (_, i) => recordOf(load, done + i)),
      )
    }
  } finally {
    await source.close()
  }
}
