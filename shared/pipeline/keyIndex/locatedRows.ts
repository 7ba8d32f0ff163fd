import { decodeLogPath } from '../../delta/index.js'
import { decodedData, objectStoreSource, openOutlined, Utf8Column } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { Value } from '../../types/index.js'
import type { IndexedColumns } from './buildSegment.js'
import { columnHashes } from './keyHash.js'
import type { LocatedFile } from './keyIndex.js'

/** Key and event time of rows, each list as long as the other. */
export interface KeyTimes {
  readonly keys: Value[]
  /** Microseconds. */
  readonly times: bigint[]
}

/** Files read at once: their latency is the store's. */
const parallel = 8

/** The rows that have one of the keys searched for, out of nothing but the row groups named. */
export async function readLocated(
  store: ObjectStore,
  columns: IndexedColumns,
  located: readonly LocatedFile[],
): Promise<KeyTimes> {
  const rows: KeyTimes = { keys: [], times: [] }
  const queue = [...located]
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await readFile(store, columns, next, rows)
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return rows
}

async function readFile(
  store: ObjectStore,
  { key, eventTime }: IndexedColumns,
  { file, indexed, groups }: LocatedFile,
  { keys, times }: KeyTimes,
): Promise<void> {
  const places = [...groups.keys()].sort((a, b) => a - b)
  const source = objectStoreSource(store, decodeLogPath(file.path), file.size)
  const parquet = await openOutlined(source, indexed.outline, places)
  for (const [i, group] of parquet.rowGroups.entries()) {
    const wanted = new Set(groups.get(places[i] ?? -1))
    const [keyColumn, timeColumn] = await parquet.readStored(group, { fields: [key, eventTime] })
    if (keyColumn === undefined || timeColumn === undefined) continue
    const hashes = columnHashes(keyColumn.data)
    const found: number[] = []
    for (let row = 0; row < hashes.length; row++) if (wanted.has(hashes[row] as number)) found.push(row)
    const { data } = keyColumn
    const micros = decodedData(timeColumn.data)
    for (const row of found) {
      const [value, time] = [data instanceof Utf8Column ? data.text(row) : data[row], micros[row]]
      if (value === undefined || typeof time !== 'bigint') continue
      keys.push(value)
      times.push(time)
    }
  }
}
