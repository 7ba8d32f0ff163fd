import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DeltaTable } from '../../../shared/delta/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/index.js'
import { restrictedQuery } from '../../../shared/query/restricted/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { SilverFixture } from '../../pipeline/silver/silverFixture.js'
import { farStore } from '../scan/farStore.js'

const limits = { timeMs: 20_000, memoryBytes: 128 * 2 ** 20, fetchedBytes: 64 * 2 ** 20, rows: 100, characters: 50 }

let f: SilverFixture
let secret: string
let folder: string
const ask = (sql: string, more: Partial<typeof limits> = {}) =>
  restrictedQuery({ streams: f.lake.streams, table: path => f.lake.table(path) }, sql, { ...limits, ...more })

beforeAll(async () => {
  f = await SilverFixture.open()
  await f.bronze([[{ id: 'a' }, { id: 'b' }, { error: 'NOT_JSON', offset: 7n }]])
  await refineSilver(f.lake, events)
  folder = await mkdtemp(join(tmpdir(), 'lake-test-'))
  secret = join(folder, 'secret.csv')
  await writeFile(secret, 'secret\n42\n')
})

afterAll(async () => {
  await f[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

describe('a query that is answered', () => {
  test.each([
    [
      'SELECT event_id, value FROM silver.events ORDER BY 1',
      [
        ['a', '1.0'],
        ['b', '1.0'],
      ],
    ],
    ['select count(*) from bronze.events_quarantine;', [['1']]],
    ['WITH q AS (SELECT * FROM silver.events) SELECT count(*) AS n FROM q, silver.events -- all; of them', [['4']]],
    [
      "SELECT event_type, sum(value) OVER (), date_trunc('day', timestamp) IS NOT NULL FROM silver.events WHERE event_id IN ('a')",
      undefined,
    ],
    ['SELECT * FROM (VALUES (1), (NULL)) t(x) UNION ALL SELECT 3', [['1'], [null], ['3']]],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t',
      [['1'], ['2'], ['3']],
    ],
    ['SELECT count(*) FROM silver.events WHERE event_id IS DISTINCT FROM NULL', [['2']]],
    ["SELECT list_transform([1, 2], lambda x: x + 1) AS l, struct_extract({'a': 1}, 'a') AS s", [['[2, 3]', '1']]],
    ['SELECT max(version) FROM (SELECT 1 AS version)', [['1']]],
    ['SELECT event_id AS "__proto__", event_id AS "1", event_id AS "1" FROM silver.events LIMIT 1', undefined],
  ])('%s', async (sql, rows) => {
    const answer = await ask(sql)
    expect(answer).toMatchObject({ kind: 'rows' })
    if (rows !== undefined) expect(answer).toMatchObject({ rows })
  })

  test('fetches of tables in blob storage what it needs, and counts that', async () => {
    const reads = { bytes: 0 }
    const table = (path: string) => new DeltaTable(farStore(f.lake.table(path).store, reads))
    const far = (sql: string, fetchedBytes: number) =>
      restrictedQuery({ streams: f.lake.streams, table }, sql, { ...limits, fetchedBytes })
    const sql = 'SELECT event_id FROM silver.events ORDER BY 1'
    expect(await far(sql, limits.fetchedBytes)).toMatchObject({ kind: 'rows', rows: [['a'], ['b']] })
    const needed = reads.bytes
    expect(needed).toBeGreaterThan(0)
    expect(await far(sql, needed)).toMatchObject({ kind: 'rows' })
    reads.bytes = 0
    expect(await far(sql, needed - 1)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/are allowed; ask for fewer columns/) as string,
    })
    expect(reads.bytes).toBeLessThanOrEqual(needed)
  })

  test('has bounds of rows and of characters', async () => {
    expect(await ask('SELECT range FROM range(1000)', { rows: 3 })).toMatchObject({
      rows: [['0'], ['1'], ['2']],
      isCut: true,
    })
    expect(await ask("SELECT repeat('x', 1000000) AS x")).toMatchObject({ rows: [['x'.repeat(50)]], isCut: false })
  })

  test('has bounds of time, memory and fetched bytes, and says so', async () => {
    const long = 'SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b'
    expect(await ask(long, { timeMs: 500 })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('longer than 0.5 s') as string,
    })
    const large = "SELECT list(repeat('x', 1000) || range) FROM range(10000000)"
    expect(await ask(large, { memoryBytes: 32 * 2 ** 20 })).toMatchObject({ kind: 'refused' })
    expect(await ask('SELECT * FROM silver.events', { fetchedBytes: 10 })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('bytes') as string,
    })
  })
})

describe('what reaches for more than the tables is refused', () => {
  const escapes = () => [
    '',
    ';',
    '-- nothing',
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP TABLE silver.events',
    "SELECT 1 /* ; */ ; ATTACH 'x.db'",
    `COPY (SELECT 1) TO '${folder}/out.csv'`,
    `COPY silver.events FROM '${secret}'`,
    `ATTACH '${folder}/x.db'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    "SET memory_limit = '10GB'",
    'RESET memory_limit',
    'PRAGMA database_list',
    'PRAGMA disable_checkpoint_on_shutdown',
    `EXPORT DATABASE '${folder}/dump'`,
    `IMPORT DATABASE '${folder}'`,
    'CREATE TABLE t AS SELECT 1',
    'CREATE MACRO m() AS TABLE SELECT 1',
    'DROP VIEW silver.events',
    'INSERT INTO silver.events SELECT 1',
    'WITH x AS (DELETE FROM silver.events RETURNING *) SELECT * FROM x',
    'CALL pragma_version()',
    'EXPLAIN SELECT 1',
    'EXPLAIN ANALYZE SELECT 1',
    'DESCRIBE silver.events',
    'SUMMARIZE silver.events',
    'SHOW TABLES',
    'SELECT * FROM (SHOW TABLES)',
    'SELECT * FROM (DESCRIBE silver.events)',
    'VACUUM',
    'CHECKPOINT',
    'USE memory',
    'PREPARE q AS SELECT 1',
    'EXECUTE q',
    'BEGIN TRANSACTION',
    `SELECT * FROM '${secret}'`,
    `SELECT * FROM "${secret}"`,
    `SELECT * FROM (WITH "${secret}" AS (SELECT 1) SELECT 1) AS a, "${secret}"`,
    `SELECT * FROM read_csv('${secret}')`,
    `SELECT * FROM READ_TEXT('${secret}')`,
    `SELECT * FROM read_blob('${secret}')`,
    `SELECT * FROM read_parquet('${folder}/*')`,
    `SELECT * FROM parquet_metadata('${secret}')`,
    `SELECT * FROM sniff_csv('${secret}')`,
    `SELECT * FROM glob('${folder}/*')`,
    `SELECT * FROM delta('${folder}')`,
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('silver.events')",
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM duckdb_views()',
    'SELECT * FROM duckdb_views',
    'SELECT * FROM duckdb_secrets()',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM pg_catalog.pg_tables',
    'SELECT * FROM sqlite_master',
    "SELECT * FROM pragma_table_info('silver.events')",
    "SELECT getenv('HOME')",
    "SELECT GETENV('HOME')",
    "SELECT main.getenv('HOME')",
    'SELECT system.main."getenv"(\'HOME\')',
    "SELECT getvariable('x')",
    "SELECT current_setting('temp_directory')",
    'SELECT current_database(), current_schema(), version()',
    "SELECT nextval('s')",
    "SELECT json_execute_serialized_sql('x')",
    "SELECT * FROM json_execute_serialized_sql('x')",
    "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('/etc/passwd'))",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT list_transform([1], x -> getenv('HOME'))",
    "WITH q AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM q",
    "WITH q AS MATERIALIZED (SELECT getenv('HOME')) SELECT * FROM q",
    "SELECT 1 ORDER BY getenv('HOME')",
    "SELECT 1 LIMIT (SELECT length(getenv('HOME')))",
    "SELECT sum(1) FILTER (getenv('HOME') IS NULL)",
    "SELECT count(*) OVER (PARTITION BY getenv('HOME'))",
    "PIVOT silver.events ON getenv('HOME') USING count(*)",
    'SELECT 1\u0000; DROP TABLE x',
    'SELECT * FROM nothing.here',
    'SELECT * FROM "../silver/events"',
    "FROM silver.events SELECT write_log('x')",
  ]

  test('every one of a list of escapes', async () => {
    const answered: string[] = []
    for (const sql of escapes()) {
      const answer = await ask(sql)
      if (answer.kind !== 'refused') answered.push(`${sql}: ${JSON.stringify(answer)}`)
      else {
        expect(answer.reason, sql).not.toMatch(/42|root:|\/root/)
        expect(answer.reason.length, sql).toBeGreaterThan(5)
      }
    }
    expect(answered).toEqual([])
  })

  test('files beside those of the tables are shut off by the session too, not by the parser alone', async () => {
    const { DuckDbSession } = await import('../../../shared/query/duckdb/duckdbSession.js')
    await using session = await DuckDbSession.open()
    const allowed = join(folder, 'allowed.csv')
    await writeFile(allowed, 'a\n1\n')
    await session.lock([allowed], '')
    expect((await session.query(`SELECT * FROM read_csv('${allowed}')`)).rows).toEqual([{ a: 1n }])
    for (const sql of [
      `SELECT * FROM read_csv('${secret}')`,
      "SET memory_limit = '1GB'",
      `SET allowed_paths = ['${secret}']`,
      `COPY (SELECT 1) TO '${folder}/out.csv'`,
    ])
      await expect(session.query(sql), sql).rejects.toThrow()
  })
})
