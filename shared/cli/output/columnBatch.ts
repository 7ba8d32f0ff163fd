import type { RowStream } from '../../query/index.js'
import type { ColumnData, Row, StructField, Value } from '../../types/index.js'

/** Some rows of a result, column by column in the fields' order. */
export interface ColumnBatch {
  readonly rows: number
  readonly columns: readonly ColumnData[]
}

/** A result that comes in pieces. */
export interface RowSource {
  readonly fields: readonly StructField[]
  readonly batches: AsyncIterable<ColumnBatch>
}

/** A query's result as columns. */
export function rowSourceOf({ fields, batches }: RowStream): RowSource {
  return { fields, batches: columnBatches(fields, batches) }
}

async function* columnBatches(
  fields: readonly StructField[],
  batches: AsyncIterable<readonly Row[]>,
): AsyncGenerator<ColumnBatch> {
  for await (const rows of batches) {
    yield { rows: rows.length, columns: fields.map(({ name }) => rows.map((row): Value => row[name] ?? null)) }
  }
}
