import { describe, expect, test } from 'vitest'

import { silverPath, silverTable } from '../../../shared/contract/index.js'
import { commitInfoOf, commitPath } from '../../../shared/delta/index.js'
import { rebuildSilver, refineSilver, runSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { copyToParquet, DuckDbSession, publishFile } from '../../../shared/query/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { hour, SilverFixture } from './silverFixture.js'

describe('rebuilding', () => {
  test('a row that a replay brought from quarantine stays, one whose record is gone does not', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }, { error: 'FIELD_TYPE', offset: 7n }]])
    await refineSilver(f.lake, events)
    await using session = await DuckDbSession.open()
    const table = f.lake.table(silverPath(events))
    for (const [id, offset] of [
      ['replayed', 7],
      ['stray', 8],
    ] as const) {
      const file = await copyToParquet(session, {
        select: `SELECT '${id}' AS event_id, 'click' AS event_type, TIMESTAMPTZ '2025-04-01 01:00:00Z' AS "timestamp", 2 AS "value",
          'events' AS _topic, 0 AS _generation, 0 AS _partition, ${offset} AS _offset, TIMESTAMPTZ '2025-04-03 00:00:00Z' AS _ingested_at, false AS _late, NULL::TIMESTAMPTZ AS _timestamp`,
        table: { ...silverTable(events), configuration: {} },
        partitionValues: { _event_date: '2025-04-01' },
      })
      const state = await table.state({ fresh: true })
      if (file === undefined || state === undefined) throw new Error('no file')
      const add = await publishFile(table.store, file, f.clock)
      await table.commit({
        readVersion: state.version,
        actions: [{ add }],
        operation: 'WRITE',
        isBlindAppend: true,
        reads: { files: 'none', appIds: () => false },
      })
    }
    expect(await rebuildSilver(f.lake, events)).toMatchObject({ outcome: 'committed', detail: { inserted: 2 } })
    expect((await f.silver()).map(r => r['event_id'])).toEqual(['a', 'replayed'])
    let lake: unknown
    for await (const commit of table.commits(0)) lake = commitInfoOf(commit.actions)?.['lake']
    expect(lake).toMatchObject({ silver: { read: 1, replayed: 1, inserted: 2, duplicates: 0, rebuilt: true } })
  })

  test('beside runs of silver nothing is lost and nothing is there twice', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }, { id: 'b' }]])
    await refineSilver(f.lake, events)
    await f.bronze([[{ id: 'c' }, { id: 'a', at: hour }]])
    const second = await f.other()
    const reports = await Promise.all([rebuildSilver(f.lake, events), refineSilver(second, events)])
    expect(reports.map(r => r.outcome)).not.toContain('failed')
    await refineSilver(f.lake, events)
    expect((await f.silver()).map(r => r['event_id']).toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('a bronze whose first versions are gone from the log is read from its snapshot', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }]])
    await f.bronze([[{ id: 'b' }]])
    const bronze = f.lake.table('bronze/events')
    await bronze.writeCheckpoint()
    await bronze.store.delete(commitPath(0))
    await bronze.store.delete(commitPath(1))
    const other = await f.other()
    expect(await refineSilver(other, events)).toMatchObject({ outcome: 'committed', rowsOut: 2 })
    expect(await refineSilver(other, events)).toMatchObject({ outcome: 'nothingToDo' })
  })

  test('a cursor that log clean-up overtook is reported, with the remedy', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }]])
    await refineSilver(f.lake, events)
    await f.bronze([[{ id: 'b' }]])
    await f.bronze([[{ id: 'c' }]])
    const bronze = f.lake.table('bronze/events')
    await bronze.writeCheckpoint()
    await bronze.store.delete(commitPath(2))
    const report = await refineSilver(await f.other(), events)
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'SOURCE_VERSIONS_GONE' } })
    expect(report.error?.message).toContain('lake rebuild silver')
  })

  test('without bronze there is nothing to make it from', async () => {
    await using f = await SilverFixture.open()
    expect(await rebuildSilver(f.lake, events)).toMatchObject({ outcome: 'failed', error: { code: 'NO_TABLE' } })
    expect(await refineSilver(f.lake, events)).toMatchObject({ outcome: 'nothingToDo' })
  })
})

test('only files whose day, times and keys can hold a duplicate are read', async () => {
  await using f = await SilverFixture.open()
  for (const day of [0n, 1n, 2n, 3n, 6n]) {
    await f.bronze([
      [
        { id: `k1${day}`, at: day * 24n * hour },
        { id: `k5${day}`, at: day * 24n * hour + hour },
      ],
    ])
    await refineSilver(f.lake, events)
  }
  await f.bronze([[{ id: 'k3', at: 2n * 24n * hour + hour / 2n }]])
  expect(await refineSilver(f.lake, events)).toMatchObject({ detail: { priorFiles: 3, inserted: 1 } })
  await f.bronze([[{ id: 'z', at: 2n * 24n * hour }]])
  expect(await refineSilver(f.lake, events)).toMatchObject({ detail: { priorFiles: 0, inserted: 1 } })
})

test('a command goes on until nothing is left; a timer takes one piece', async () => {
  await using f = await SilverFixture.open()
  await f.bronze([[{ id: 'a' }], [{ id: 'b' }], [{ id: 'c' }]])
  expect(await runSilver(f.lake, 'timer', { maxRows: 1 })).toMatchObject([{ rowsIn: 1, more: true }])
  expect(await runSilver(f.lake, 'command', { maxRows: 1 })).toMatchObject([
    { rowsIn: 1, more: true },
    { rowsIn: 1, more: false },
  ])
})
