import { type Stream, summaryCounts } from '../../contract/index.js'
import { type AddFile, type DeltaTable, scanRows, type TableState } from '../../delta/index.js'
import { liveRows, sumOfColumns } from '../incremental/index.js'
import type { Additions } from './additions.js'
import type { Layer } from './reconciliation.js'

/** How many rows of each name that an aggregate has are gone for their age; a name that is absent counts 0. */
export type EndedRows = Readonly<Record<string, number>>

/**
 * Counts what left a layer's table for its age, in the files themselves, as what came is counted: not by what the commits
 * report of it.
 */
export async function endedRows(
  table: DeltaTable,
  state: TableState,
  stream: Stream,
  layer: Layer,
  { removed, kept }: Additions['ended'],
): Promise<EndedRows> {
  if (removed.length === 0) return {}
  const [gone, stayed] = [
    await countsOf(table, state, stream, layer, removed),
    await countsOf(table, state, stream, layer, kept),
  ]
  return Object.fromEntries(Object.entries(gone).map(([name, n]) => [name, n - (stayed[name] ?? 0)]))
}

async function countsOf(
  table: DeltaTable,
  state: TableState,
  stream: Stream,
  layer: Layer,
  files: readonly AddFile[],
): Promise<EndedRows> {
  if (layer === 'bronze') return bronzeCounts(table, state, stream, files)
  const rows = await liveRows(table, state, files)
  if (layer === 'summary') return { rows, events: await sumOfColumns(table, state, files, summaryCounts) }
  return layer === 'gold' ? { rows, anomalies: await anomaliesIn(table, state, files) } : { rows }
}

async function bronzeCounts(
  table: DeltaTable,
  state: TableState,
  stream: Stream,
  files: readonly AddFile[],
): Promise<EndedRows> {
  const { bronzeKinds, noKinds } = await import('../retention/index.js')
  const sums: Record<string, number> = { rows: 0, ...noKinds }
  for (const file of files) {
    for (const [kind, n] of Object.entries<number>(await bronzeKinds(table, state, stream, file))) {
      sums[kind] = (sums[kind] ?? 0) + n
      sums['rows'] = (sums['rows'] ?? 0) + n
    }
  }
  return sums
}

async function anomaliesIn({ store }: DeltaTable, state: TableState, files: readonly AddFile[]): Promise<number> {
  let anomalies = 0
  for await (const { rows, columns } of scanRows(store, { ...state, files }, { columns: ['is_anomaly'] }).batches)
    for (let row = 0; row < rows; row++) if (columns[0]?.[row] === true) anomalies++
  return anomalies
}
