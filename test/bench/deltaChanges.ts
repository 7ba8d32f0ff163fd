import { linkSync, writeFileSync } from 'node:fs'
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { appendRows, mergeRows } from '../../shared/delta/dml/index.js'
import { type Action, commitPath, encodeCommit, scanRows } from '../../shared/delta/index.js'
import { optimizeTable, vacuumTable } from '../../shared/delta/maintenance/index.js'
import { type StoredColumn, Utf8Column } from '../../shared/parquet/index.js'
import type { Column } from '../../shared/types/index.js'
import type { Changing } from './deltaComparison.js'
import { created, openFolder, writeRows, writeWideRows } from './deltaTables.js'
import { wideColumns, wideSchema } from './wideRows.js'

/** Makes what an operation needs in a folder that is its own. */
export type ChangingTable = (folder: string) => Promise<Pick<Changing, 'copy' | 'here' | 'there' | 'check'>>

export function compaction(files: number): ChangingTable {
  return async folder => {
    const source = join(folder, 'source')
    await writeRows(source, { files, rows: 1_000 })
    return {
      copy: to => cp(source, to, { recursive: true }),
      here: async table => {
        const outcome = await optimizeTable(await openFolder(table))
        return outcome.kind === 'optimized' ? outcome.metrics.numRemovedFiles : 0
      },
      there: table => [{ work: 'compact', table }],
      check: table => contents(table, ['id']),
    }
  }
}

/** Rows that both sides have in memory as columns, strings as UTF-8, to a table that is empty. */
export function appending(rows: number): ChangingTable {
  return async folder => {
    const empty = join(folder, 'empty')
    await created(empty, wideSchema)
    const strings = wideColumns(0, rows)
    const columns = strings.map(inUtf8)
    const source = await sourceFile(join(folder, 'source'), strings)
    return {
      copy: to => cp(empty, to, { recursive: true }),
      here: async table => {
        const outcome = await appendRows(await openFolder(table), [{ count: rows, columns }])
        return outcome.kind === 'committed' ? rows : 0
      },
      there: table => [{ work: 'append', table, source }],
      check: table => contents(table, ['id', 'quantity']),
    }
  }
}

/**
 * A hundredth of a table's rows, in memory on both sides, into ten files: every other one is new, the others change rows
 * all over the table.
 *
 * @param rows of a file
 */
export function merging(rows: number): ChangingTable {
  return async folder => {
    const table = join(folder, 'table')
    await writeWideRows(table, { files: 10, rows })
    const count = rows / 10
    const ids = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 2 === 0 ? i * 100 : rows * 10 + i))
    const columns = wideColumns(0, count, 7).map(column =>
      column.field.name === 'id' ? { field: column.field, data: ids } : column,
    )
    const source = await sourceFile(join(folder, 'source'), columns)
    return {
      copy: to => cp(table, to, { recursive: true }),
      here: async place => {
        const outcome = await mergeRows(await openFolder(place), [{ count, columns }], { on: ['id'] })
        if (outcome.kind !== 'committed') return 0
        return Number(
          (outcome.metrics['numTargetRowsUpdated'] ?? 0n) + (outcome.metrics['numTargetRowsInserted'] ?? 0n),
        )
      },
      there: place => [{ work: 'merge', table: place, source }],
      check: place => contents(place, ['id', 'quantity']),
    }
  }
}

/** Files that are no longer needed, and ten that are, in a table whose newest version has a checkpoint. */
export function vacuuming(files: number): ChangingTable {
  return async folder => {
    const needed = 10
    const name = (file: number) => `part-${String(file).padStart(5, '0')}-00000000-0000-4000-8000-000000000000.parquet`
    const template = join(folder, 'template')
    const table = await created(template)
    const adds = Array.from({ length: files + needed }, (_, file): Action => ({
      add: { ...fileOf(name(file)), modificationTime: 1_700_000_000_000 },
    }))
    const removes = Array.from({ length: files }, (_, file): Action => ({
      remove: { ...fileOf(name(file)), deletionTimestamp: 1_700_000_000_000, extendedFileMetadata: true },
    }))
    for (const [i, actions] of [adds, removes].entries())
      await table.store.putIfAbsent(commitPath(i + 1), new TextEncoder().encode(encodeCommit(actions)))
    await (await openFolder(template)).writeCheckpoint()
    for (let file = 0; file < distinct; file++) writeFileSync(join(folder, `${file}`), 'data')
    return {
      copy: async to => {
        await cp(template, to, { recursive: true })
        for (let file = 0; file < files + needed; file++)
          linkSync(join(folder, `${file % distinct}`), join(to, name(file)))
      },
      here: async place => {
        const outcome = await vacuumTable(await openFolder(place), { retentionMs: 0, force: true })
        return outcome.kind === 'vacuumed' ? outcome.files : 0
      },
      there: place => [{ work: 'vacuumFull', table: place }],
      check: async place => `${(await readdir(place)).length} names are left`,
    }
  }
}

/** Names are what counts: a thousand files have them all, which is sooner made. */
const distinct = 1_000

function fileOf(path: string) {
  return { path, partitionValues: {}, size: 4, dataChange: true }
}

function inUtf8({ field, data }: Column): StoredColumn {
  const strings = field.type === 'string' ? Utf8Column.ofStrings(data as readonly (string | null)[]) : undefined
  return { field, data: strings ?? data }
}

/** The rows as a Parquet file, for others to read. @returns its path */
async function sourceFile(folder: string, columns: readonly Column[]): Promise<string> {
  const table = await created(folder, wideSchema)
  await appendRows(table, [{ count: columns[0]?.data.length ?? 0, columns }])
  const [file, ...more] = (await table.snapshot())?.files ?? []
  if (file === undefined || more.length > 0) throw new Error('the rows are not in one file')
  return join(folder, file.path)
}

/** How many rows a table has, and the sums of some columns. */
async function contents(folder: string, columns: readonly string[]): Promise<string> {
  const table = await openFolder(folder)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return 'no table'
  let count = 0
  const sums = columns.map(() => 0)
  for await (const batch of scanRows(table.store, snapshot, { columns }).batches) {
    count += batch.rows
    for (const [i, data] of batch.columns.entries())
      for (let row = 0; row < batch.rows; row++) sums[i] = (sums[i] ?? 0) + Number(data[row])
  }
  return `${count} rows, ${columns.map((name, i) => `${name} ${sums[i]}`).join(', ')}`
}
