import type { Row, Value } from '../../types/index.js'
import type { RowScan } from './scanRows.js'

/**
 * A scan's rows one by one as objects, for tables of which few rows are read.
 *
 * ```ts
 * for await (const row of rowObjects(scanRows(store, snapshot))) console.log(row['id'])
 * ```
 */
export async function* rowObjects({ fields, batches }: Pick<RowScan, 'fields' | 'batches'>): AsyncGenerator<Row> {
  for await (const { rows, columns } of batches)
    for (let i = 0; i < rows; i++)
      yield Object.fromEntries(fields.map(({ name }, c): [string, Value] => [name, columns[c]?.[i] ?? null]))
}
