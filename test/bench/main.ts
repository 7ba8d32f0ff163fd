import { bronzeBench } from './bronzeBench.js'
import { parquetBench } from './parquetBench.js'
import { silverBench } from './silverBench.js'
import { snapshotBench } from './snapshotBench.js'

/** usage: npm run bench -- [bronze|parquet|silver|snapshot] [rows or commits]; ratios are within the run, the part's baseline being 1. */
const [, , wanted, rowsText] = process.argv
const rows = rowsText === undefined ? undefined : Number(rowsText)
const parts: Readonly<Record<string, () => Promise<readonly { readonly name: string; readonly rowsPerSecond: number }[]>>> = {
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
    process.stdout.write(`  ${name.padEnd(40)} ${speed} rows/s  ${(rowsPerSecond / baseline).toFixed(2).padStart(7)}×\n`)
  }
}

if (wanted === undefined || wanted === 'snapshot') {
  process.stdout.write('snapshot\n')
  for (const { name, ms } of await snapshotBench(rows)) process.stdout.write(`  ${name.padEnd(48)} ${ms.toFixed(0).padStart(8)} ms\n`)
}
