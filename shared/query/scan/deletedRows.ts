import { type DeletionVector, DeltaError, type OpenFolder, readDeletionVector } from '../../delta/index.js'
import { ParquetWriter, type RowGroupInfo } from '../../parquet/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { StructField } from '../../types/index.js'
import { type DuckDbSession, literalList, parquetFiles, pathPattern } from '../duckdb/index.js'
import type { FileCache } from './fileCache.js'
import type { LocalFile } from './localFile.js'

/** Rows that deletion vectors name, as a relation of `file` (the local path) and `row` (its place in the file). */
export interface DeletedRows extends Disposable {
  readonly sql: string
}

const fields: readonly StructField[] = [
  { name: 'file', type: 'string', nullable: false },
  { name: 'row', type: 'long', nullable: false },
]
const rowsAtOnce = 100_000

/**
 * The deletion vectors of files that lie on the local disk.
 *
 * @throws DeltaError DELTA_BAD_DELETION_VECTOR, also when a vector names rows that its file does not have
 */
export async function deletedRows(
  session: DuckDbSession,
  cache: FileCache,
  { store, openFolder }: { readonly store: ObjectStore; readonly openFolder?: OpenFolder | undefined },
  files: readonly LocalFile[],
): Promise<DeletedRows> {
  const counts = await rowCounts(
    session,
    files.flatMap(({ path, cut }) => (cut === undefined ? [path] : [])),
  )
  const lease = await cache.create(async sink => {
    const writer = new ParquetWriter(sink, fields, { packed: false })
    for (const { file, path, cut } of files) {
      const where = { table: store.url, file: file.path }
      const deleted = await readDeletionVector(store, file.deletionVector as DeletionVector, { openFolder, where })
      const count = cut === undefined ? (counts.get(path) ?? 0n) : BigInt(cut.rows)
      if (BigInt(deleted.end) > count)
        throw new DeltaError(
          'DELTA_BAD_DELETION_VECTOR',
          `a deletion vector speaks of row ${deleted.end - 1} of a data file of ${count} rows`,
          { where },
        )
      let rows: bigint[] = []
      const write = async () => {
        const data = [new Array<string>(rows.length).fill(path), BigInt64Array.from(rows)]
        await writer.appendRowGroup(fields.map((field, i) => ({ field, data: data[i] ?? [] })))
        rows = []
      }
      for (const position of placesIn(cut?.groups, deleted.positions()))
        if (rows.push(BigInt(position)) === rowsAtOnce) await write()
      await write()
    }
    await writer.finish()
  })
  return {
    sql: parquetFiles(lease.paths),
    [Symbol.dispose]() {
      lease.release()
    },
  }
}

/** Positions in a file, which ascend, as places among the rows of some of its row groups; those in no such are left out. */
function* placesIn(groups: readonly RowGroupInfo[] | undefined, positions: Iterable<number>): Generator<number> {
  if (groups === undefined) {
    yield* positions
    return
  }
  let [next, before] = [0, 0]
  for (const position of positions) {
    for (
      let group = groups[next];
      group !== undefined && position >= group.rowStart + group.rows;
      group = groups[++next]
    )
      before += group.rows
    const group = groups[next]
    if (group === undefined) return
    if (position >= group.rowStart) yield before + position - group.rowStart
  }
}

async function rowCounts(session: DuckDbSession, paths: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  if (paths.length === 0) return new Map()
  const { rows } = await session.query(
    `SELECT file_name, num_rows FROM parquet_file_metadata(${literalList(paths.map(pathPattern))})`,
  )
  return new Map(rows.map(row => [row['file_name'] as string, row['num_rows'] as bigint]))
}
