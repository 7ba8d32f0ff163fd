import { type AddFile, decodeLogPath } from '../../delta/index.js'
import {
  decodedData,
  type FileOutline,
  objectStoreSource,
  openOutlined,
  type ParquetSource,
  type Stretch,
} from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { Value } from '../../types/index.js'
import type { IndexedColumns } from './buildSegment.js'
import type { LocatedFile } from './keyIndex.js'
import { rowsWithKeys } from './keyRows.js'
import type { SoughtKey, SoughtKeys } from './soughtKeys.js'

/** Key and event time of rows, each list as long as the other. */
export interface KeyTimes {
  readonly keys: Value[]
  /** Microseconds. */
  readonly times: bigint[]
}

/** What is sought, and how near an event time must be to matter. */
export interface KeySearch {
  readonly keys: SoughtKeys
  /** Microseconds; two rows of a key that are no further apart are one event. */
  readonly window: bigint
  /** Event times that all rows of a file lie between, by what the table's log says; undefined where it does not say. */
  timesOf(file: AddFile): readonly [least: bigint, greatest: bigint] | undefined
}

/** Reads at once: their latency is the store's. Of large ones fewer, so that they do not fill the memory. */
const parallel = { small: 16, large: 4 }
const largeBytes = 2 ** 20
/** Stretches of a file whose keys lie closer together are read in one go: so many bytes cost less than a request. */
const widestGap = 64 * 1024

/** Stretches that are read in one go. */
interface LocatedRead {
  readonly file: LocatedFile
  readonly source: ParquetSource
  /** Ascending. */
  readonly places: readonly number[]
  /** Where these are. */
  readonly outline: FileOutline
  /** Of the keys, and of what lies between them. */
  readonly bytes: number
}

/**
 * The rows that have one of the keys, out of nothing but the stretches named. Where all event times of a file are so near
 * to all of a key's new rows that each of these is a duplicate whatever the time, the file's least is given in place of the
 * row's own, which would have to be read.
 */
export async function readLocated(
  store: ObjectStore,
  columns: IndexedColumns,
  located: readonly LocatedFile[],
  search: KeySearch,
): Promise<KeyTimes> {
  const rows: KeyTimes = { keys: [], times: [] }
  const queue = located.flatMap(file => readsOf(store, file))
  const isLarge = queue.some(({ bytes }) => bytes > largeBytes)
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await readRows(columns, next, search, rows)
  }
  await Promise.all(Array.from({ length: isLarge ? parallel.large : parallel.small }, worker))
  return rows
}

function readsOf(store: ObjectStore, located: LocatedFile): readonly LocatedRead[] {
  const { file, indexed, parts } = located
  const source = objectStoreSource(store, decodeLogPath(file.path), file.size)
  const reads: { places: number[]; stretches: Stretch[]; start: number; end: number }[] = []
  for (const [place, stretch] of parts) {
    const [, start = 0, bytes = 0] = stretch
    const end = start + bytes
    const last = reads.at(-1)
    if (last !== undefined && start >= last.start && start <= last.end + widestGap && end <= last.start + largeBytes) {
      last.places.push(place)
      last.stretches.push(stretch)
      last.end = Math.max(last.end, end)
    } else reads.push({ places: [place], stretches: [stretch], start, end })
  }
  return reads.map(read => ({
    file: located,
    source,
    places: read.places,
    outline: { columns: indexed.columns, stretches: read.stretches },
    bytes: read.end - read.start,
  }))
}

async function readRows(
  { key, eventTime }: IndexedColumns,
  { file: { file, stretches }, source, places, outline }: LocatedRead,
  search: KeySearch,
  rows: KeyTimes,
): Promise<void> {
  const parquet = await openOutlined(source, outline, [...places.keys()])
  const keyColumns = await parquet.readStoredGroups(parquet.rowGroups, { fields: [key] })
  const times = search.timesOf(file)
  const open = parquet.rowGroups.flatMap((group, i) => {
    const wanted = (stretches.get(places[i] ?? -1) ?? []).flatMap(hash => search.keys.of(hash))
    const own = rowsWithKeys(keyColumns[i]?.[0]?.data ?? [], wanted).filter(({ key: sought }) => {
      if (times === undefined || !isNear(sought, times, search.window)) return true
      rows.keys.push(sought.value)
      rows.times.push(times[0])
      return false
    })
    return own.length === 0 ? [] : [{ group, own }]
  })
  if (open.length === 0) return
  const groups = open.map(({ group }) => group)
  const timeColumns = await parquet.readStoredGroups(groups, { fields: [eventTime] })
  for (const [i, { own }] of open.entries()) {
    const micros = decodedData(timeColumns[i]?.[0]?.data ?? [])
    for (const { key: sought, row } of own) {
      const time = micros[row]
      if (typeof time !== 'bigint') continue
      rows.keys.push(sought.value)
      rows.times.push(time)
    }
  }
}

/** Whether every time between the two is within the window of every new row of the key. */
function isNear({ first, last }: SoughtKey, [least, greatest]: readonly [bigint, bigint], window: bigint): boolean {
  return greatest - first <= window && last - least <= window
}
