import { type AddFile } from '../../../shared/delta/index.js'
import { encodeParquet } from '../../../shared/parquet/index.js'
import { hashValue } from '../../../shared/pipeline/keyIndex/keyHash.js'
import { KeyIndex } from '../../../shared/pipeline/keyIndex/keyIndex.js'
import type { KeySearch } from '../../../shared/pipeline/keyIndex/locatedRows.js'
import { SoughtKeys } from '../../../shared/pipeline/keyIndex/soughtKeys.js'
import { FileCache } from '../../../shared/query/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import { silentLogger } from '../../../shared/telemetry/index.js'
import type { StructField } from '../../../shared/types/index.js'

export const key: StructField = { name: 'id', type: 'string', nullable: true }
export const eventTime: StructField = { name: 'at', type: 'timestamp', nullable: true }
export const columns = { key, eventTime }

/**
 * A data file of a table by day: its keys, one row group for each list; the lists are of like length but for the last.
 *
 * @param pageRows rows of the pages that keys and event times have
 */
export async function dataFile(
  store: ObjectStore,
  name: string,
  groups: readonly (readonly (string | null)[])[],
  day = '2025-04-01',
  pageRows?: number,
): Promise<AddFile> {
  const keys = groups.flat()
  const times = BigInt64Array.from(keys, (_, i) => BigInt(i) * 1_000_000n)
  const bytes = encodeParquet(
    [
      { field: { name: 'other', type: 'double', nullable: false }, data: new Float64Array(keys.length) },
      { field: eventTime, data: times },
      { field: key, data: keys },
    ],
    {
      rowGroupRows: groups[0]?.length,
      paged: pageRows === undefined ? undefined : { columns: [key.name, eventTime.name], rows: pageRows },
    },
  )
  await store.put(name, bytes)
  const stats = JSON.stringify({ numRecords: keys.length })
  return {
    path: name,
    size: bytes.length,
    partitionValues: { _event_date: day },
    modificationTime: 0,
    dataChange: true,
    stats,
  }
}

export const hashesOf = (keys: readonly string[]): Float64Array =>
  Float64Array.from(keys, id => hashValue(id) ?? NaN).sort()

/** A search for keys of new rows that all have one event time, in microseconds. */
export function searchFor(keys: readonly string[], rest: Partial<KeySearch> = {}, time = 0n): KeySearch {
  const sought = new SoughtKeys()
  for (const value of keys) sought.add(value, time, time)
  return { keys: sought, window: 0n, timesOf: () => undefined, ...rest }
}

/** What an index answers, as text: `file:stretch,stretch` of those located, `file` of those unknown. */
export async function answer(index: KeyIndex, files: readonly AddFile[], keys: readonly string[]) {
  const { located, unknown } = await index.locate(files, hashesOf(keys))
  return {
    located: located.map(({ file, stretches }) => `${file.path}:${[...stretches.keys()].sort().join()}`).sort(),
    unknown: unknown.map(({ path }) => path).sort(),
  }
}

export function openIndex(store: ObjectStore = new MemoryStore(), buildFrom = 1, warnings: string[] = []) {
  const files = new FileCache({ limitBytes: 2 ** 26 })
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
  const index = new KeyIndex({ store, files, columns, spanDays: 1, log, buildFrom })
  return { index, store, files, warnings, [Symbol.asyncDispose]: () => files.close() }
}
