import {
  type AddFile,
  type DeltaTable,
  liveRowCount,
  recordCount as knownCount,
  scanRows,
  type TableState,
} from '../../delta/index.js'

/** A row takes at least about this many bytes; for files whose statistics are silent. */
const minBytesPerRow = 16

/** How many rows the file holds; a guess, rather too many, when its statistics do not say. */
export function recordCount(file: AddFile): number {
  const known = knownCount(file)
  return known === undefined ? Math.ceil(file.size / minBytesPerRow) : Number(known)
}

/** Rows in the files, as {@link recordCount} has them. */
export function rowsIn(files: readonly AddFile[]): number {
  return files.reduce((sum, file) => sum + recordCount(file), 0)
}

/** Exactly how many rows files of a table hold: by their statistics, and where these are silent by reading them. */
export async function liveRows(
  { store }: Pick<DeltaTable, 'store'>,
  state: TableState,
  files: readonly AddFile[],
): Promise<number> {
  let rows = 0
  for (const file of files) {
    const known = liveRowCount([file])
    if (known !== undefined) rows += Number(known)
    else
      for await (const batch of scanRows(store, { ...state, files: [file] }, { columns: [] }).batches)
        rows += batch.rows
  }
  return rows
}

/** What columns of whole numbers add up to over the rows of files; null counts as 0, and so does a column that the table lacks. */
export async function sumOfColumns(
  { store }: Pick<DeltaTable, 'store'>,
  state: TableState,
  files: readonly AddFile[],
  wanted: readonly string[],
): Promise<number> {
  const columns = wanted.filter(name => state.schema.fields.some(field => field.name === name))
  let sum = 0n
  for await (const batch of scanRows(store, { ...state, files }, { columns }).batches)
    for (const data of batch.columns)
      for (let row = 0; row < batch.rows; row++) sum += BigInt((data[row] as bigint | number | null) ?? 0)
  return Number(sum)
}
