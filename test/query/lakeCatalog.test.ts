import { describe, expect, test } from 'vitest'
import { refineSilver } from '../../shared/pipeline/silver/silverStep.js'
import { DuckDbSession } from '../../shared/query/duckdbSession.js'
import { LakeCatalog } from '../../shared/query/lakeCatalog.js'
import { namedTables } from '../../shared/query/tableNames.js'
import { events } from '../../shared/streams/events.js'
import { SilverFixture } from '../pipeline/silver/silverFixture.js'

async function catalogOf(f: SilverFixture, session: DuckDbSession): Promise<LakeCatalog> {
  return Promise.resolve(new LakeCatalog({ session, cache: f.lake.files, streams: f.lake.streams, table: path => f.lake.table(path) }))
}

describe('the lake as SQL', () => {
  test('only the tables that a query names are opened', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }, { error: 'NOT_JSON' }]])
    await refineSilver(f.lake, events)
    await using session = await DuckDbSession.open()
    using catalog = await catalogOf(f, session)
    const sql = 'WITH q AS (SELECT * FROM Silver."Events") SELECT event_id, value FROM q'
    expect(await catalog.open(sql)).toEqual(['silver.events'])
    expect((await session.query(sql)).rows).toEqual([{ event_id: 'a', value: 1 }])
    expect(await catalog.open('EXPLAIN SELECT 1')).toEqual(['bronze.events', 'silver.events', 'bronze.events_quarantine'])
  })

  test('a table that does not exist is an error of the query, not of the catalog', async () => {
    await using f = await SilverFixture.open()
    await using session = await DuckDbSession.open()
    using catalog = await catalogOf(f, session)
    const sql = 'SELECT * FROM monitor_logs ORDER BY run_time DESC'
    expect(await catalog.open(sql)).toEqual([])
    await expect(session.query(sql)).rejects.toMatchObject({ code: 'QUERY_BAD_SQL' })
  })

  test('quarantine is empty before bronze exists, and holds errors but no tombstones after', async () => {
    await using f = await SilverFixture.open()
    await using session = await DuckDbSession.open()
    const sql = 'SELECT _offset, _error_code FROM bronze.events_quarantine'
    using empty = await catalogOf(f, session)
    await empty.open(sql)
    expect((await session.query(sql)).rows).toEqual([])
    await f.bronze([[{ id: 'a' }, { error: 'NOT_JSON', offset: 7n }, { tombstone: true }]])
    await using later = await DuckDbSession.open()
    using catalog = await catalogOf(f, later)
    await catalog.open(sql)
    expect((await later.query(sql)).rows).toEqual([{ _offset: 7n, _error_code: 'NOT_JSON' }])
  })

  test('names are found wherever a query can have them', async () => {
    await using session = await DuckDbSession.open()
    const names = async (sql: string) => (await namedTables(session, sql))?.map(n => `${n.schema}.${n.table}`).toSorted()
    expect(await names('SELECT * FROM a.b JOIN c USING (x) WHERE y IN (SELECT z FROM D.e)')).toEqual(['.c', 'a.b', 'd.e'])
    expect(await names('SUMMARIZE bronze.events')).toEqual(['bronze.events'])
    expect(await names('DESCRIBE monitor_logs')).toEqual(['.monitor_logs'])
    expect(await names('SHOW TABLES')).toBeUndefined()
    expect(await names("SELECT * FROM duckdb_tables()")).toBeUndefined()
    expect(await names('not sql')).toBeUndefined()
  })
})
