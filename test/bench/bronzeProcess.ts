import { pathToFileURL } from 'node:url'

import { catchUp } from '../../shared/pipeline/bronze/index.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { bronzeLoads } from './bronzeLoads.js'
import { peakBytes } from './peakMemory.js'

/**
 * Run by the benchmark of bronze in a process of its own: ingests the topic of a load, tells what it took, the process's
 * start included.
 */
const [, , name = '', brokers = '', folder = '', workers = '1'] = process.argv
const load = bronzeLoads.find(one => one.name === name)
if (load === undefined) throw new Error(`There is no load ${name}.`)
const settings = readSettings({ KAFKA_BROKERS: brokers, LAKE_URL: pathToFileURL(folder).href, BRONZE_WORKERS: workers })
// Worker threads know the declared streams alone.
const lake = await openLake(settings, workers === '1' ? { streams: [load.stream] } : {})
const started = performance.now()
const stream = lake.streams.find(one => one.name === load.stream.name) ?? load.stream
const [report] = await catchUp(lake, 'command', { stream })
const seconds = (performance.now() - started) / 1000
await lake.close()
if (report?.error !== undefined) throw new Error(report.error.message)
const { user, system } = process.cpuUsage()
process.stdout.write(
  JSON.stringify({ rows: report?.rowsOut, seconds, cpuSeconds: (user + system) / 1e6, peakBytes: await peakBytes() }),
)
