import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { DeltaTable, scanRows } from '../../../shared/delta/index.js'
import { openStore } from '../../../shared/storage/index.js'

/** From Kafka's timestamp of an event to the moment at which its commit can be seen, milliseconds. */
export interface Freshness {
  readonly events: number
  readonly p50: number
  readonly p99: number
}

/**
 * How old events of a table in a local folder were when their commits became visible. A commit's file is there from the
 * moment at which it gets its name, which is what the file system calls its change.
 *
 * @param from, to Kafka's timestamps of the events that count, milliseconds since 1970
 */
export async function freshnessOf(folder: string, from: number, to: number): Promise<Freshness> {
  const table = new DeltaTable(await openStore(pathToFileURL(folder).href))
  const snapshot = await table.snapshot()
  if (snapshot === undefined) throw new Error(`There is no table in ${folder}.`)
  const visible = await commitTimes(folder)
  const ages: number[] = []
  for (const file of snapshot.files) {
    const at = visible.get(file.path)
    if (at === undefined) throw new Error(`${file.path} is in no commit of ${folder}.`)
    const { batches } = scanRows(table.store, { ...snapshot, files: [file] }, { columns: ['_timestamp'] })
    for await (const { rows, columns } of batches) {
      const [times = []] = columns
      for (let row = 0; row < rows; row++) {
        const time = Number(times[row]) / 1000
        if (time >= from && time < to) ages.push(at - time)
      }
    }
  }
  return summaryOf(ages)
}

/** Median and 99th percentile: of so many sorted values the one that this share of them does not exceed. */
export function summaryOf(ages: readonly number[]): Freshness {
  const sorted = Float64Array.from(ages).sort()
  const quantile = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
  return { events: sorted.length, p50: quantile(0.5), p99: quantile(0.99) }
}

/** When the commit that added each data file became visible. */
async function commitTimes(folder: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>()
  const log = join(folder, '_delta_log')
  for (const name of await readdir(log)) {
    if (!/^\d{20}\.json$/.test(name)) continue
    const [text, { ctimeMs }] = await Promise.all([readFile(join(log, name), 'utf8'), stat(join(log, name))])
    for (const line of text.split('\n')) {
      const { add } = line === '' ? {} : (JSON.parse(line) as { add?: { path: string } })
      if (add !== undefined) times.set(add.path, ctimeMs)
    }
  }
  return times
}
