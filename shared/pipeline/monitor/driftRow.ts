import { driftPath, sqlName, type Stream } from '../../contract/index.js'
import type { Snapshot } from '../../delta/index.js'
import { asError } from '../../errors.js'
import { type DuckDbSession, openDeltaView } from '../../query/index.js'
import type { Row } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import { monitorTable } from './monitorTable.js'
import type { Verdict } from './status.js'

/** Most columns that a sentence names. */
const mostNamed = 5

/**
 * The row of a stream's drift table for `monitor_logs`: DEGRADED while a column of the newest window is further from the
 * training than chance explains. None for a stream without such a table.
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
    const snapshot = await lake.table(path).snapshot()
    if (snapshot === undefined) return []
    const { status, reason } = verdictOn(await newestWindow(lake, session, path, snapshot))
    return [
      { ...empty, ...about, status, reason, table_version: BigInt(snapshot.version), files: BigInt(snapshot.numFiles) },
    ]
  } catch (error) {
    const { message } = asError(error)
    return [{ ...empty, ...about, status: 'DEGRADED', reason: `The table cannot be read: ${message}` }]
  }
}

/** The rows of the newest window, the worst first. */
async function newestWindow(
  lake: Lake,
  session: DuckDbSession,
  path: string,
  snapshot: Snapshot,
): Promise<readonly Row[]> {
  const days = snapshot.files.map(file => file.partitionValues['_window_date'] ?? '')
  const newest = days.toSorted().at(-1)
  const files = snapshot.files.filter((_, i) => days[i] === newest)
  const store = lake.store.within(path)
  using view = await openDeltaView(session, lake.files, { store, state: snapshot, files })
  const { rows } = await session.query(`
    WITH t AS (${view.sql})
    SELECT *, strftime(make_timestamp(epoch_us(window_start)), '%Y-%m-%d %H:%M') AS since FROM t
    WHERE window_start = (SELECT max(window_start) FROM t) ORDER BY psi / psi_limit DESC, column_name`)
  return rows
}

function verdictOn(rows: readonly Row[]): Verdict {
  const [first] = rows
  if (first === undefined) return { status: 'OK', reason: 'No window was compared yet.' }
  const window = `in the hour from ${first['since'] as string} UTC`
  const breached = rows.filter(row => row['breached'] === true)
  const [worst] = breached
  if (worst === undefined) {
    return {
      status: 'OK',
      reason: `No column of ${String(rows.length)} has drifted from the model's training ${window}.`,
    }
  }
  const named = breached.slice(0, mostNamed).map(row => {
    const figures = `PSI ${shown(row['psi'])} over ${shown(row['psi_limit'])}, ${String(Number(row['n']))} rows`
    return `${row['column_name'] as string} (${figures})`
  })
  const more = breached.length > mostNamed ? ` and ${String(breached.length - mostNamed)} more` : ''
  const model = `${worst['model_name'] as string}, version ${worst['model_version'] as string}`
  const reason = `Events ${window} are not like those that the model ${model}, was trained on: ${named.join(', ')}${more}. Find out why, or train it again.`
  return { status: 'DEGRADED', reason }
}

function shown(figure: unknown): string {
  return typeof figure === 'number' ? figure.toFixed(2) : '?'
}
