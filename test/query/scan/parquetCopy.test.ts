import { copyFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { parquetMetadata } from 'hyparquet'
import { expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { DuckDbSession } from '../../../shared/query/duckdb/duckdbSession.js'
import { literal } from '../../../shared/query/index.js'
import { copyToParquet, publishFile } from '../../../shared/query/scan/parquetCopy.js'
import { LocalDiskStore } from '../../../shared/storage/index.js'

const schema = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true }] } as const

test.each([
  [undefined, 'ZSTD'],
  ['snappy', 'SNAPPY'],
  ['UNCOMPRESSED', 'UNCOMPRESSED'],
])('a file that DuckDB writes is compressed as the table says, too: %s', async (codec, expected) => {
  await using session = await DuckDbSession.open()
  const configuration: Record<string, string> = codec === undefined ? {} : { 'delta.parquet.compression.codec': codec }
  const copied = await copyToParquet(session, {
    select: 'SELECT range AS id FROM range(10000)',
    table: { schema, partitionColumns: [], configuration },
    partitionValues: {},
  })
  if (copied === undefined) throw new Error('no rows')
  const { buffer, byteOffset, byteLength } = await readFile(copied.localPath)
  const { row_groups } = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength))
  expect(row_groups.flatMap(group => group.columns.map(column => column.meta_data?.codec))).toEqual([expected])
})

test('a file that gets pages on its way to the store has the same rows, statistics and Bloom filters for DuckDB', async () => {
  await using session = await DuckDbSession.open()
  const fields = [
    { name: 'id', type: 'string', nullable: true },
    { name: 'kind', type: 'string', nullable: true },
    { name: 'moment', type: 'timestamp', nullable: true },
    { name: 'value', type: 'double', nullable: true },
  ] as const
  const copied = await copyToParquet(session, {
    select: `SELECT CASE WHEN range % 1000 = 0 THEN NULL ELSE md5(range::VARCHAR) END AS id, 'k' || (range // 5) % 40 AS kind,
      make_timestamptz(1743465600000000 + range * 1234567) AS moment, range / 7 AS value FROM range(50000)`,
    table: { schema: { type: 'struct', fields }, partitionColumns: [], configuration: {} },
    partitionValues: {},
    rowGroupRows: 8192,
    paged: { columns: ['id', 'moment'], rows: 1024 },
  })
  if (copied === undefined) throw new Error('no rows')
  const before = `${copied.localPath}.before`
  await copyFile(copied.localPath, before)
  const add = await publishFile(new LocalDiskStore(session.folder), copied, new ManualClock())
  const after = join(session.folder, add.path)
  expect((await stat(after)).size).toBe(add.size)
  const all = async (path: string, rest: string) =>
    (await session.query(`SELECT * FROM read_parquet(${literal(path)}) ${rest}`)).rows
  for (const rest of [
    'ORDER BY moment',
    "WHERE kind = 'k7' ORDER BY moment",
    "WHERE kind = 'none'",
    "WHERE id = md5('40000')",
    'WHERE id IS NULL ORDER BY moment',
    "WHERE moment BETWEEN '2025-04-01 10:00:00+00' AND '2025-04-01 11:00:00+00' ORDER BY moment",
  ])
    expect(await all(after, rest), rest).toEqual(await all(before, rest))
  const filters = async (path: string, kind: string) =>
    (await session.query(`SELECT * FROM parquet_bloom_probe(${literal(path)}, 'kind', ${literal(kind)})`)).rows.map(
      row => row['bloom_filter_excludes'],
    )
  expect(await filters(after, 'none')).toEqual(await filters(before, 'none'))
  expect(await filters(after, 'k7')).toEqual(await filters(before, 'k7'))
  expect((await filters(after, 'none')).some(Boolean)).toBe(true)
})
