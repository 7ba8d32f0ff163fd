import { type DuckDbSession, literalList, pathPattern } from '../duckdb/index.js'

/**
 * How many key-value entries of local Parquet files show that they were written with days of the Julian calendar, or
 * may have been: DuckDB reads such days as Gregorian ones.
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
