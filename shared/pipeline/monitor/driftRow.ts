import { driftPath, sqlName, type Stream } from '../../contract/index.js'
import type { AddFile, DeltaTable, Snapshot } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { type DuckDbSession, literal, openDeltaView } from '../../query/index.js'
import type { Row } from '../../types/index.js'
import { trainedHours } from '../gold/index.js'
import type { Lake } from '../lake/index.js'
import { monitorTable } from './monitorTable.js'
import type { Verdict } from './status.js'

/** Most columns that a sentence names. */
const maxNamed = 5

/**
 * The row of a stream's drift table for `monitor_logs`: DEGRADED while a column of the newest day that is over is
 * further from the training than chance explains. None for a stream without such a table.
 *
 * @param runTime milliseconds of the storage's clock
 */
export async function driftRow(
  lake: Lake,
  session: DuckDbSession,
  stream: Stream,
  runTime: number,
): Promise<readonly Row[]> {
  const path = driftPath(stream)
  const about = {
    run_time: BigInt(Math.round(runTime)) * 1000n,
    table_name: sqlName(path),
    stream: stream.name,
    layer: 'drift',
  }
  const empty: Row = Object.fromEntries(monitorTable.schema.fields.map(({ name }) => [name, null]))
  try {
    const found = await findings(lake, session, stream)
    return found === undefined ? [] : [{ ...empty, ...about, ...found.row }]
  } catch (error) {
    const { message } = asError(error)
    return [{ ...empty, ...about, status: 'DEGRADED', reason: `The table cannot be read: ${message}` }]
  }
}

/** What a version of a drift table says. */
interface Findings {
  readonly tableId: string
  readonly version: number
  readonly row: Row
}

/** What each table said when it was last read: a table is read again when it has changed. */
const known = new WeakMap<DeltaTable, Findings>()

async function findings(lake: Lake, session: DuckDbSession, stream: Stream): Promise<Findings | undefined> {
  const path = driftPath(stream)
  const table = lake.table(path)
  const state = await table.state({ fresh: true })
  const before = known.get(table)
  if (before?.version === state?.version && before?.tableId === state?.metadata.id) return before
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return undefined
  const rows = await newestDay(lake, session, path, snapshot)
  const verdict = verdictOn(rows.filter(row => row['breached'] !== null))
  const reason = verdict.reason + (await unjudgedNote(lake, stream, rows))
  const { version, numFiles, metadata } = snapshot
  const row = { status: verdict.status, reason, table_version: BigInt(version), files: BigInt(numFiles) }
  const found = { tableId: metadata.id, version, row }
  known.set(table, found)
  return found
}

/** The rows of the newest day of which any was judged, which is over then, the worst first. */
async function newestDay(
  lake: Lake,
  session: DuckDbSession,
  path: string,
  snapshot: Snapshot,
): Promise<readonly Row[]> {
  const dateOf = (file: AddFile) => file.partitionValues['_window_date'] ?? ''
  const store = lake.store.within(path)
  for (const date of new Set(snapshot.files.map(dateOf).toSorted().toReversed())) {
    const files = snapshot.files.filter(file => dateOf(file) === date)
    using view = await openDeltaView(session, lake.files, { store, state: snapshot, files })
    const { rows } = await session.query(`
      SELECT *, ${literal(date)} AS date FROM (${view.sql}) ORDER BY psi / psi_limit DESC, column_name`)
    if (rows.some(row => row['breached'] !== null)) return rows
  }
  return []
}

function verdictOn(rows: readonly Row[]): Verdict {
  const [first] = rows
  if (first === undefined) return { status: 'OK', reason: 'No day that is over was compared yet.' }
  const day = `of ${first['date'] as string}`
  const breached = rows.filter(row => row['breached'] === true)
  const [worst] = breached
  if (worst === undefined) {
    return {
      status: 'OK',
      reason: `No column of the ${String(rows.length)} has drifted from the model's training in the events ${day}.`,
    }
  }
  const named = breached.slice(0, maxNamed).map(row => {
    const figures = `PSI ${shown(row['psi'])} over ${shown(row['psi_limit'])}, ${String(Number(row['n']))} rows`
    return `${row['column_name'] as string} (${figures})`
  })
  const more = breached.length > maxNamed ? ` and ${String(breached.length - maxNamed)} more` : ''
  const model = `${worst['model_name'] as string}, version ${worst['model_version'] as string}`
  const reason = `Events ${day} are not like those that the model ${model}, was trained on: ${named.join(', ')}${more}. Find out why, or train it again.`
  return { status: 'DEGRADED', reason }
}

/** Says which columns are not judged, and why; empty when all are. */
async function unjudgedNote(lake: Lake, stream: Stream, rows: readonly Row[]): Promise<string> {
  const unjudged = rows.filter(row => row['breached'] === null)
  const [first] = unjudged
  if (first === undefined) return ''
  const [model, version] = [first['model_name'] as string, first['model_version'] as string]
  const hours = await trainedHours(lake, stream, model, version)
  if (hours === undefined) return ''
  const names = [...new Set(unjudged.map(row => row['column_name'] as string))].toSorted().join(' and ')
  return ` Not judged: ${names}, because version ${version} was trained on ${hours} (UTC) only. Train it again when silver has some days.`
}

function shown(figure: unknown): string {
  return typeof figure === 'number' ? figure.toFixed(2) : '?'
}
