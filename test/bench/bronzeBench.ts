import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { createTopics } from '../../infra/local/index.js'
import { startBroker } from '../../infra/local/kafka/index.js'
import { catchUp } from '../../shared/pipeline/bronze/index.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { openSource, type Source } from '../../shared/sources/index.js'
import { SyntheticEvents } from '../../shared/sources/synthetic/index.js'
import { events } from '../harness/sampleStream/events.js'

export interface BronzeMeasure {
  readonly name: string
  readonly rows: number
  readonly seconds: number
  readonly rowsPerSecond: number
}

/**
 * A topic of sample events (lz4, one in a hundred broken) on a broker of its own, read to its end and committed to a
 * table on the local disk: reading alone for comparison, then one thread, then a thread a core.
 */
export async function bronzeBench(rows = 1_000_000): Promise<BronzeMeasure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lake-bench-'))
  const broker = await startBroker({ stateFolder: join(folder, 'kafka') })
  const source = openSource({ kind: 'kafka', kafka: { brokers: [broker.brokers] } }, { compression: 'lz4' })
  try {
    await createTopics(broker.brokers, [events.topic])
    await fill(source, rows)
    const measures = [await timed('reading alone', rows, () => readAll(source))]
    for (const [name, workers] of [
      ['bronze, one thread', 1],
      ['bronze, a thread a core', 0],
    ] as const) {
      const settings = readSettings({
        KAFKA_BROKERS: broker.brokers,
        LAKE_URL: pathToFileURL(join(folder, `lake-${workers}`)).href,
        BRONZE_WORKERS: String(workers),
      })
      measures.push(
        await timed(name, rows, async () => {
          const lake = await openLake(settings)
          try {
            const [report] = await catchUp(lake, 'command')
            if (report?.rowsOut !== rows)
              throw new Error(
                `${String(report?.rowsOut)} of ${rows} rows were committed: ${report?.error?.message ?? ''}`,
              )
          } finally {
            await lake.close()
          }
        }),
      )
    }
    return measures
  } finally {
    await source.close()
    await broker.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function fill(source: Source, rows: number): Promise<void> {
  const synthetic = new SyntheticEvents({
    seed: 1,
    late: 0,
    tombstones: 0,
    intervalMs: 1,
    startTime: Date.now() - rows,
  })
  const batch = 10_000
  for (let done = 0; done < rows; done += batch)
    await source.produce(events.topic, synthetic.take(Math.min(batch, rows - done)))
}

async function readAll(source: Source): Promise<void> {
  const logs = await source.offsets(events.topic)
  await Promise.all(
    logs.map(async ({ partition, start, end }) => {
      let records = 0
      for await (const batch of source.read(events.topic, { partition, start, end })) records += batch.records.length
      if (records !== Number(end - start)) throw new Error(`${records} of ${end - start} records were read`)
    }),
  )
}

async function timed(name: string, rows: number, work: () => Promise<void>): Promise<BronzeMeasure> {
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  return { name, rows, seconds, rowsPerSecond: rows / seconds }
}
