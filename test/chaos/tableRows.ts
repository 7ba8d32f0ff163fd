import { resolveDataPath } from '../../shared/delta/index.js'
import { objectStoreSource, openParquet } from '../../shared/parquet/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import type { Row } from '../../shared/types/index.js'

/** Those columns of every row of a table, read back from its files. */
export async function tableRows(lake: Lake, path: string, columns: readonly string[]): Promise<readonly Row[]> {
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  const rows: Row[] = []
  for (const add of snapshot?.files ?? []) {
    const place = resolveDataPath(table.url, add.path)
    if (place.kind !== 'relative') throw new Error(`${add.path} is not of this table`)
    const file = await openParquet(objectStoreSource(table.store, place.name, add.size))
    for await (const row of file.rows({ columns })) rows.push(row)
  }
  return rows
}
