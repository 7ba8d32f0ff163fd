import { aloneBench } from './aloneBench.js'
import { bronzeBench } from './bronzeBench.js'
import { bronzeCostBench } from './bronzeCostBench.js'
import { coldStartBench } from './coldStartBench.js'
import { costsCommand } from './costs/costsCommand.js'
import { growthCommand } from './costs/growthCommand.js'
import { deltaBench } from './deltaBench.js'
import { comparisonTable } from './deltaComparison.js'
import { fetchedBench } from './fetchedBench.js'
import { freshnessBench, freshnessDefaults } from './freshnessBench.js'
import { memoryBench } from './memoryBench.js'
import { modelsBench } from './modelsBench.js'
import { pageBench } from './pageBench.js'
import { parquetBench } from './parquetBench.js'
import { peersCommand } from './peers/peersCommand.js'
import { silverBench } from './silverBench.js'
import { snapshotBench } from './snapshotBench.js'
import { soakBench } from './soakBench.js'
import { stepsBench } from './stepsBench.js'
import { telemetryBench } from './telemetryBench.js'
import { windowBench } from './windowBench.js'
import type { WritersLoad } from './writersBench.js'

/**
 * usage: npm run bench -- [bronze|cost|parquet|silver|snapshot|delta|memory|steps|coldstart|models|window|telemetry|page|fetched|freshness|soak|peers|costs|growth|alone|writers]
 * [rows, commits, scale, files, rates, or an address]; ratios are within the run, the part's baseline being 1. `delta` compares with delta-rs, by the
 * Python in DELTALAKE_PYTHON or one that it sets up itself; `delta 1 merge` only what has this in its name. `coldstart` needs `npm run package` before, `models` a Python
 * with scikit-learn and onnxruntime in MODELS_PYTHON, `page` the address of a running stack's page; `freshness` takes rates
 * (`200,1000,5000`) and seconds to measure for, with the app settings of the environment; `soak` minutes (60) and a rate
 * (1,000), and draws where SOAK_PLOT says; `window` millions of rows (`1,10,100`) and the words `azurite` (instead of the disk)
 * and `pipeline` (silver is filled through bronze); `peers` (peers/peersCommand.ts) and `costs` (costs/costsCommand.ts) take
 * options; `growth` numbers of events (`100000,1000000`); `alone` minutes (25) and a rate (1,000); `writers` a number of writers and storage's latency in milliseconds. These, `cost`, `window` and
 * `telemetry` run only when they are asked for.
 */
const [, , wanted, rowsText, secondsText] = process.argv
const rows = rowsText === undefined ? undefined : Number(rowsText)
const parts: Readonly<
  Record<string, () => Promise<readonly { readonly name: string; readonly rowsPerSecond: number }[]>>
> = {
  parquet: () => parquetBench(rows),
  bronze: () => bronzeBench(rows),
  silver: () => silverBench(rows),
}

for (const [part, run] of Object.entries(parts)) {
  if (wanted !== undefined && wanted !== part) continue
  const measures = await run()
  const baseline = (measures.find(m => m.name.includes('baseline')) ?? measures[0])?.rowsPerSecond ?? 1
  process.stdout.write(`${part}\n`)
  for (const { name, rowsPerSecond } of measures) {
    const speed = Math.round(rowsPerSecond).toLocaleString('en-US').padStart(12)
    process.stdout.write(
      `  ${name.padEnd(40)} ${speed} rows/s  ${(rowsPerSecond / baseline).toFixed(2).padStart(7)}×\n`,
    )
  }
}

if (wanted === 'cost') {
  process.stdout.write('bronze, a million events of each shape\n')
  for (const { name, figure } of await bronzeCostBench(rows)) process.stdout.write(`  ${name.padEnd(28)} ${figure}\n`)
}

if (wanted === undefined || wanted === 'fetched') {
  process.stdout.write('fetched of a table on blob storage\n')
  for (const { name, bytes, of } of await fetchedBench(rows))
    process.stdout.write(`  ${name.padEnd(56)} ${megabytes(bytes)} of ${megabytes(of)} MB\n`)
}

if (wanted === undefined || wanted === 'snapshot') {
  process.stdout.write('snapshot\n')
  for (const { name, ms } of await snapshotBench(rows))
    process.stdout.write(`  ${name.padEnd(48)} ${ms.toFixed(0).padStart(8)} ms\n`)
}

if (wanted === undefined || wanted === 'delta') {
  process.stdout.write('delta\n')
  process.stdout.write(comparisonTable(await deltaBench(rows, secondsText)))
}

if (wanted === undefined || wanted === 'memory') {
  process.stdout.write('memory of maintenance\n')
  for (const { name, files, ms, peakBytes } of await memoryBench(rows)) {
    process.stdout.write(
      `  ${`${name}, ${files} files`.padEnd(48)} ${ms.toFixed(0).padStart(8)} ms ${(peakBytes / 2 ** 20).toFixed(0).padStart(6)} MB at most\n`,
    )
  }
}

if (wanted === 'steps') {
  process.stdout.write('steps over a backlog of bronze\n')
  for await (const { step, rows: backlog, store, seconds, cpuSeconds, peakBytes, commits } of stepsBench(rows)) {
    const memory = `${(peakBytes / 2 ** 20).toFixed(0).padStart(6)} MB`
    process.stdout.write(
      `  ${store.padEnd(8)} ${backlog.toLocaleString('en-US').padStart(11)} ${step.padEnd(14)} ${memory} ${seconds.toFixed(1).padStart(7)} s ${cpuSeconds.toFixed(1).padStart(7)} s CPU ${String(commits).padStart(4)} commits\n`,
    )
  }
}

if (wanted === 'coldstart') {
  for (const { name, listedMs, committedMs, duckdb } of await coldStartBench(rows)) {
    const times = `functions listed ${listedMs.toFixed(0)} ms, first batch committed ${committedMs.toFixed(0)} ms`
    process.stdout.write(`  ${name.padEnd(10)} ${times}${duckdb ? ', with DuckDB' : ''}\n`)
  }
}

if (wanted === 'window') {
  process.stdout.write('silver, with so many rows in the window\n')
  const sizes = (rowsText ?? '1').split(',').map(millions => Number(millions) * 1e6)
  const words = process.argv.slice(4)
  const measures = windowBench(
    sizes,
    words.includes('azurite') ? 'azurite' : 'disk',
    words.includes('pipeline') ? 'pipeline' : 'fill',
  )
  for await (const { name, figure } of measures) process.stdout.write(`  ${name.padEnd(44)} ${figure}\n`)
}

if (wanted === 'telemetry') {
  process.stdout.write('telemetry\n')
  for (const { name, figure } of await telemetryBench(rows)) process.stdout.write(`  ${name.padEnd(40)} ${figure}\n`)
}

if (wanted === 'models') {
  process.stdout.write('models\n')
  for (const { name, figure } of await modelsBench(rows)) process.stdout.write(`  ${name.padEnd(72)} ${figure}\n`)
}

if (wanted === 'freshness') {
  process.stdout.write('freshness: seconds until a reader finds the row\n')
  const rates = (rowsText ?? '200,1000,5000').split(',').map(Number)
  const seconds = secondsText === undefined ? freshnessDefaults.seconds : Number(secondsText)
  for await (const found of freshnessBench(rates, { ...freshnessDefaults, seconds })) {
    const { rate, layer, kafkaP50, kafkaP99, eventP99, commitsPerHour, dollarsPerHour } = found
    const figures = `p50 ${kafkaP50.toFixed(2)} p99 ${kafkaP99.toFixed(2)} from Kafka, p99 ${eventP99.toFixed(2)} from the event`
    const cost = dollarsPerHour === undefined ? '' : `, ${dollarsPerHour.toFixed(3)} USD/h`
    process.stdout.write(
      `  ${String(rate).padStart(6)}/s ${layer.padEnd(7)} ${figures}; ${String(found.rows)} rows, ${String(commitsPerHour)} commits/h${cost}\n`,
    )
  }
}

if (wanted === 'alone') {
  process.stdout.write('each function in a host of its own\n')
  for (const { name, middleMb, peakMb, cpuPercent } of await aloneBench(rows ?? 25, Number(secondsText ?? 1_000)))
    process.stdout.write(
      `  ${name.padEnd(16)} ${middleMb.toFixed(0).padStart(6)} MB in the middle, ${peakMb.toFixed(0).padStart(4)} at most; ${cpuPercent.toFixed(1).padStart(5)} % of a core\n`,
    )
}

if (wanted === 'soak') {
  const options = { minutes: rows ?? 60, rate: Number(secondsText ?? 1_000), store: 'Azurite' } as const
  process.stdout.write(`soak: ${String(options.minutes)} minutes at ${String(options.rate)} events/s\n`)
  const { csv, plot, verdicts } = await soakBench(options, line => process.stdout.write(`  ${line}\n`))
  for (const { name, isFlat, middle, largest, unit, why } of verdicts) {
    const figures = `${(middle ?? NaN).toFixed(1).padStart(9)} in the middle, ${(largest ?? NaN).toFixed(1).padStart(9)} at most ${unit}`
    process.stdout.write(`  ${isFlat ? 'flat    ' : 'NOT FLAT'} ${name.padEnd(30)} ${figures}; ${why}\n`)
  }
  process.stdout.write(`  ${csv}\n  ${plot}\n`)
  process.exitCode = verdicts.every(({ isFlat }) => isFlat) ? 0 : 1
}

if (wanted === 'peers') process.stdout.write(`${await peersCommand(process.argv.slice(3))}\n`)

if (wanted === 'growth') process.stdout.write(`${await growthCommand(rowsText)}\n`)
if (wanted === 'costs') process.stdout.write(`${await costsCommand(process.argv.slice(3))}\n`)

if (wanted === 'writers') {
  const [writers, latencyMs] = [rows ?? 64, Number(secondsText ?? 30)]
  const load: WritersLoad = { writers, latencyMs, partitions: writers * 4, durationMs: 60_000, pauseMs: 0 }
  const loads: Readonly<Record<string, WritersLoad>> = {
    [`${writers} writers`]: load,
    [`${writers} writers, each every 5 s`]: { ...load, pauseMs: 5_000 },
    '100 instances, 1,000 partitions, each every 10 s': { ...load, writers: 100, partitions: 1_000, pauseMs: 10_000 },
    'and dealt anew every 10 s': { ...load, writers: 100, partitions: 1_000, pauseMs: 10_000, dealMs: 10_000 },
  }
  process.env['TEST_SEED'] ??= '1'
  const { writersBench } = await import('./writersBench.js')
  process.stdout.write(`writers of one table, ${latencyMs} ms of storage latency, simulated time\n`)
  for (const [name, one] of Object.entries(loads)) {
    const found = await writersBench(one)
    const { commitsPerSecond, lostRaces, replanned, givenUp, p50, p99, slowestToFastest, jain, wrong } = found
    process.stdout.write(
      `  ${name.padEnd(48)} ${commitsPerSecond.toFixed(1).padStart(6)} commits/s, ${lostRaces.toFixed(2)} races lost a commit, p50 ${String(p50)} ms, p99 ${String(p99)} ms, slowest to fastest ${slowestToFastest.toFixed(2)}, Jain ${jain.toFixed(3)}, ${replanned} planned again, ${givenUp} given up, ${wrong} wrong\n`,
    )
  }
}

if (wanted === 'page') {
  process.stdout.write('page\n')
  const measures = await pageBench(rowsText ?? 'http://127.0.0.1:7071/api/lake')
  for (const { name, figure } of measures) process.stdout.write(`  ${name.padEnd(32)} ${figure}\n`)
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2).padStart(8)
}
