import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { readSnapshot, type ScanOptions, scanRows, type Snapshot } from '../../shared/delta/index.js'
import { bufferSource, openParquet } from '../../shared/parquet/index.js'
import { LocalDiskStore } from '../../shared/storage/index.js'
import type { StructField, Value } from '../../shared/types/index.js'
import { conformanceRoot } from '../harness/conformanceTables.js'
import { typedText } from './typedText.js'

export function storeOf(...path: readonly string[]): LocalDiskStore {
  return new LocalDiskStore(join(conformanceRoot, ...path))
}

/** The snapshot of a table that must be there. */
export async function snapshotOf(store: LocalDiskStore, version?: number): Promise<Snapshot> {
  const snapshot = await readSnapshot(store, 0, version)
  if (snapshot === undefined) throw new Error(`there is no table at ${store.url}`)
  return snapshot
}

/** The rows of a table, each as one text that says values and types, sorted: a bag. */
export async function tableRows(
  store: LocalDiskStore,
  options: ScanOptions & { readonly version?: number | undefined } = {},
): Promise<string[]> {
  const scan = scanRows(store, await snapshotOf(store, options.version), options)
  const rows: string[] = []
  for await (const batch of scan.batches) appendRows(rows, scan.fields, batch.columns, batch.rows)
  return rows.sort()
}

/** The rows that the Parquet files of a folder hold, read as `fields`; their columns must be these, in any order. */
export async function expectedRows(folder: string, fields: readonly StructField[]): Promise<string[]> {
  const rows: string[] = []
  for (const name of readdirSync(folder).filter(file => file.endsWith('.parquet'))) {
    const path = join(folder, name)
    const file = await openParquet(bufferSource(readFileSync(path), path))
    const found = file.fields.map(f => f.name).sort()
    const wanted = fields
      .filter(f => f.type !== 'void')
      .map(f => f.name)
      .sort()
    if (found.join('\n') !== wanted.join('\n'))
      throw new Error(`${path} has the columns ${found.join(', ')}, not ${wanted.join(', ')}`)
    const columns = await file.readColumns({ fields })
    appendRows(
      rows,
      fields,
      columns.map(column => column.data),
      file.rowCount,
    )
  }
  return rows.sort()
}

function appendRows(
  rows: string[],
  fields: readonly StructField[],
  columns: readonly ArrayLike<Value>[],
  count: number,
): void {
  const texts = fields.map(field => typedText(field.type))
  for (let row = 0; row < count; row++) rows.push(columns.map((data, i) => texts[i]?.(data[row] ?? null)).join('|'))
}
