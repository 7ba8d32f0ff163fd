import { type AddFile, recordCount, rowObjects, scanRows, type Snapshot } from '../../delta/index.js'
import { elapsedMs, type ObjectStore } from '../../storage/index.js'
import type { Row } from '../../types/index.js'
import { type MonitorEntry, monitorEntry, statusOf } from './monitorEntry.js'
import { newestVerdict, sinceWhen, type Verdict } from './statusHistory.js'

/** Bounds of what is read to find since when a table is as it is. The newest file is read whatever its size. */
const [maxRows, maxFiles] = [50_000n, 32]

/** Files that are read at once: most often the change that is looked for is in the first few. */
const filesAtOnce = 8

/** What the newest files of `monitor_logs` say, by table. */
export interface NewestRows {
  readonly newest: ReadonlyMap<string, MonitorEntry>
  readonly history: ReadonlyMap<string, readonly Verdict[]>
}

interface PlacedVerdict extends Verdict {
  readonly file: AddFile
}

/**
 * Reads the newest files until it is known since when each table is as it is, within bounds: of most rows only when they
 * were written and the verdict, of the newest of each table all.
 *
 * @param expected tables that a row is looked for of
 * @param now milliseconds of the storage's clock
 */
export async function newestRows(
  store: ObjectStore,
  snapshot: Snapshot,
  expected: readonly string[],
  now: number,
): Promise<NewestRows> {
  const history = new Map<string, PlacedVerdict[]>()
  const files = newestFiles(snapshot.files)
  for (let next = 0; next < files.length && !isKnown(history, expected, now); next += filesAtOnce) {
    const some = files.slice(next, next + filesAtOnce)
    for (const found of await Promise.all(some.map(file => verdictsIn(store, snapshot, file))))
      for (const [table, verdict] of found) {
        const verdicts = history.get(table)
        if (verdicts === undefined) history.set(table, [verdict])
        else verdicts.push(verdict)
      }
  }
  const wanted = new Map<string, PlacedVerdict>()
  for (const [table, verdicts] of history) {
    const verdict = newestVerdict(verdicts, now)
    if (verdict !== undefined) wanted.set(table, verdict)
  }
  const newest = new Map<string, MonitorEntry>()
  for (const file of new Set([...wanted.values()].map(verdict => verdict.file)))
    for await (const row of rowsOf(store, snapshot, file, 'all')) {
      const entry = monitorEntry(row)
      if (entry === undefined) continue
      const place = wanted.get(entry.table)
      if (place?.file === file && place.runTime === entry.runTime) newest.set(entry.table, entry)
    }
  return { newest, history }
}

/** Whether every table has a row, and another verdict before that of its newest one. */
function isKnown(
  history: ReadonlyMap<string, readonly PlacedVerdict[]>,
  expected: readonly string[],
  now: number,
): boolean {
  return expected.every(table => {
    const verdicts = history.get(table) ?? []
    const newest = newestVerdict(verdicts, now)
    return newest !== undefined && elapsedMs(newest.runTime, now) !== undefined && sinceWhen(verdicts, newest).isStart
  })
}

/** The files with the newest rows, newest first, within the bounds. */
export function newestFiles(all: readonly AddFile[]): readonly AddFile[] {
  const dated = all.map(file => ({ file, newest: newestTime(file) })).sort((a, b) => b.newest - a.newest)
  const files: AddFile[] = []
  let rows = 0n
  for (const { file } of dated.slice(0, maxFiles)) {
    rows += recordCount(file) ?? 0n
    if (files.length > 0 && rows > maxRows) break
    files.push(file)
  }
  return files
}

/** Milliseconds; a file without statistics counts as written when its rows were. */
function newestTime({ stats, modificationTime }: AddFile): number {
  const [, text] = /"maxValues":\{[^}]*?"run_time":"([^"]*)"/.exec(stats ?? '') ?? []
  const time = text === undefined ? NaN : Date.parse(text)
  return Number.isNaN(time) ? modificationTime : time
}

async function verdictsIn(store: ObjectStore, snapshot: Snapshot, file: AddFile) {
  const found: (readonly [string, PlacedVerdict])[] = []
  for await (const row of rowsOf(store, snapshot, file, ['run_time', 'table_name', 'status'])) {
    const [micros, table, status] = [row['run_time'], row['table_name'], row['status']]
    if (typeof micros !== 'bigint' || typeof table !== 'string') continue
    const verdict = {
      runTime: Number(micros) / 1000,
      status: statusOf(typeof status === 'string' ? status : undefined),
    }
    found.push([table, { ...verdict, file }])
  }
  return found
}

function rowsOf(
  store: ObjectStore,
  snapshot: Snapshot,
  file: AddFile,
  columns: readonly string[] | 'all',
): AsyncGenerator<Row> {
  const wanted = columns === 'all' ? {} : { columns }
  return rowObjects(scanRows(store, { ...snapshot, files: [file] }, wanted))
}
