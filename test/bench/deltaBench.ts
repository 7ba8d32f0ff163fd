import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { scanRows } from '../../shared/delta/index.js'
import { DuckDbSession, FileCache, openDeltaView } from '../../shared/query/index.js'
import { appending, type ChangingTable, compaction, merging, vacuuming } from './deltaChanges.js'
import { compared, comparedChanges, type Comparison } from './deltaComparison.js'
import { type DeltaRs, startDeltaRs } from './deltaRs.js'
import { openFolder, writeLog, writeRows, writeWideRows } from './deltaTables.js'

/**
 * The same work here and by delta-rs, turn by turn in one run, each in a process that is warm: opening a table with the
 * list of its files, from a checkpoint and from commits; finding the row of one key; reading two columns of ten; small
 * files put together, rows added, rows merged, files that nobody needs deleted.
 *
 * @param scale share of the usual sizes, for a short look
 * @param only operations in whose names it is; all when absent
 */
export async function deltaBench(scale = 1, only = ''): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'delta-bench-'))
  const other = await startDeltaRs()
  const sized = (usual: number) => Math.max(1, Math.round(usual * scale))
  const comparisons: Comparison[] = []
  try {
    for (const [operation, compare] of [
      [`open ${sized(1_000) * 100} files from a checkpoint`, opening(sized(1_000), true)],
      [`open ${sized(1_000) * 100} files from ${sized(1_000)} commits`, opening(sized(1_000), false)],
      [`compact ${sized(1_000)} small files`, changing(compaction(sized(1_000)))],
      [`find one key in ${sized(2_000)} files`, lookingUp(sized(2_000), sized(1_234_567))],
      [`scan two of ten columns of ${sized(10_000_000)} rows`, scanning(sized(1_000_000))],
      [`append ${sized(1_000_000)} rows of ten columns`, changing(appending(sized(1_000_000)))],
      [`merge ${sized(10_000)} rows into ${sized(1_000_000)}`, changing(merging(sized(100_000)))],
      [`vacuum ${sized(100_000)} files`, changing(vacuuming(sized(100_000)))],
    ] as const) {
      if (!operation.includes(only)) continue
      const place = join(folder, comparisons.length.toString())
      comparisons.push(await compare(other, operation, place))
      await rm(place, { recursive: true })
    }
    return comparisons
  } finally {
    await other.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Makes its tables in a folder that is its own. */
type Comparing = (other: DeltaRs, operation: string, folder: string) => Promise<Comparison>

function changing(of: ChangingTable): Comparing {
  return async (other, operation, folder) => comparedChanges(other, { operation, folder, ...(await of(folder)) })
}

function opening(commits: number, checkpoint: boolean): Comparing {
  return async (other, operation, folder) => {
    await writeLog(folder, { commits, files: 100 })
    if (checkpoint) await (await openFolder(folder)).writeCheckpoint()
    const open = async () => (await (await openFolder(folder)).snapshot())?.files.length ?? 0
    return compared(other, operation, { here: { reader: open }, there: [{ work: 'open', table: folder }] })
  }
}

function lookingUp(files: number, key: number): Comparing {
  return async (other, operation, folder) => {
    await writeRows(folder, { files, rows: 1_000 })
    await (await openFolder(folder)).writeCheckpoint()
    return compared(other, operation, {
      here: { reader: () => lookup(folder, key) },
      there: [
        { work: 'lookupPyarrow', table: folder, key },
        { work: 'lookupQuery', table: folder, key },
      ],
    })
  }
}

async function lookup(folder: string, key: number): Promise<number> {
  const table = await openFolder(folder)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return 0
  const wanted = BigInt(key)
  let found = 0
  const { batches } = scanRows(table.store, snapshot, { predicate: { op: '=', column: 'id', value: wanted } })
  for await (const {
    rows,
    columns: [ids = []],
  } of batches)
    for (let row = 0; row < rows; row++) if (ids[row] === wanted) found++
  return found
}

/** The sum of one column where another is above a bound that files' statistics do not help with. */
function scanning(rows: number): Comparing {
  return async (other, operation, folder) => {
    await writeWideRows(folder, { files: 10, rows })
    return compared(other, operation, {
      here: { reader: () => sumByReader(folder), DuckDB: () => sumByDuckDb(folder) },
      there: [
        { work: 'sumPyarrow', table: folder },
        { work: 'sumQuery', table: folder },
      ],
    })
  }
}

async function sumByReader(folder: string): Promise<number> {
  const table = await openFolder(folder)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return 0
  let sum = 0
  for await (const {
    columns: [quantities, values],
  } of scanRows(table.store, snapshot, { columns: ['quantity', 'value'] }).batches) {
    if (!(quantities instanceof Int32Array && values instanceof Float64Array)) throw new Error('other types')
    for (let row = 0; row < values.length; row++) if ((values[row] ?? 0) > 0.5) sum += quantities[row] ?? 0
  }
  return sum
}

/** As `lake sql` reads a table. */
async function sumByDuckDb(folder: string): Promise<number> {
  const table = await openFolder(folder)
  const state = await table.snapshot()
  if (state === undefined) return 0
  await using cache = new FileCache({ limitBytes: 2 ** 32 })
  await using session = await DuckDbSession.open()
  const columns = ['quantity', 'value']
  using view = await openDeltaView(session, cache, { store: table.store, state, files: state.files, columns })
  const row = await session.row(`SELECT sum(quantity)::BIGINT AS total FROM (${view.sql}) WHERE value > 0.5`)
  return Number(row['total'])
}
