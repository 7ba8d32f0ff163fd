import { type DuckDbSession, literalList, pathPattern } from '../duckdb/index.js'

/**
 * How many notes of local Parquet files say that they were written with days of the Julian calendar, or may have been:
 * DuckDB takes such days for today's.
 */
export async function countLegacyDates(
  session: DuckDbSession,
  files: readonly { readonly path: string }[],
): Promise<number> {
  const { notes } = await session.row(`
    SELECT count(*) AS notes FROM parquet_kv_metadata(${literalList(files.map(({ path }) => pathPattern(path)))})
    WHERE key IN (encode('org.apache.spark.legacyDateTime'), encode('org.apache.spark.legacyINT96'))
      OR (key = encode('org.apache.spark.version') AND value < encode('3.1.0'))`)
  return Number(notes)
}
