import type { TableSpec } from '../../shared/contract/index.js'
import { appendRows, rowsOf } from '../../shared/delta/dml/index.js'
import { createTable } from '../../shared/delta/index.js'
import type { Lake } from '../../shared/pipeline/lake/lake.js'
import type { Row } from '../../shared/types/index.js'

/** Rows of a log table, null where they say nothing, as one data file each time; makes the table. */
export async function writeRows(lake: Pick<Lake, 'table'>, spec: TableSpec, rows: readonly Row[]): Promise<void> {
  const table = lake.table(spec.path)
  if ((await table.state({ fresh: true })) === undefined) await table.commit(createTable({ ...spec, createdTime: 0 }))
  const nothing = Object.fromEntries(spec.schema.fields.map(({ name }) => [name, null]))
  if (rows.length > 0)
    await appendRows(table, [
      rowsOf(
        spec.schema,
        rows.map(row => ({ ...nothing, ...row })),
      ),
    ])
}
