import { describe, expect, test } from 'vitest'

import { silverPath, silverTable } from '../../../shared/contract/index.js'
import { type Action, type AddFile, commitPath, readsNothing } from '../../../shared/delta/index.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { copyToParquet, DuckDbSession, publishFile } from '../../../shared/query/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { isCommit } from '../bronze/bronzeFixture.js'
import { hour, SilverFixture } from './silverFixture.js'

const ids = async (f: SilverFixture) => (await f.silver()).map(row => row['event_id']).toSorted()

/** A file of silver with one row, written by somebody who is not silver. */
async function foreignRow(f: SilverFixture, id: string): Promise<AddFile> {
  await using session = await DuckDbSession.open()
  const file = await copyToParquet(session, {
    select: `SELECT '${id}' AS event_id, 'click' AS event_type, TIMESTAMPTZ '2025-04-01 00:00:00Z' AS "timestamp", 2 AS "value",
      'events' AS _topic, 0 AS _generation, 9 AS _partition, 0 AS _offset, TIMESTAMPTZ '2025-04-03 00:00:00Z' AS _ingested_at, false AS _late, NULL::TIMESTAMPTZ AS _timestamp`,
    table: { ...silverTable(events), configuration: {} },
    partitionValues: { _event_date: '2025-04-01' },
  })
  if (file === undefined) throw new Error('no file')
  return await publishFile(f.lake.table(silverPath(events)).store, file, f.clock)
}

async function commit(f: SilverFixture, actions: readonly Action[]): Promise<void> {
  const table = f.lake.table(silverPath(events))
  const state = await table.state({ fresh: true })
  const outcome = await table.commit({
    readVersion: state?.version ?? -1,
    actions,
    operation: 'WRITE',
    isBlindAppend: false,
    reads: readsNothing,
  })
  expect(outcome.kind).toBe('committed')
}

describe('silver', () => {
  test('the place inside a version is not carried over to the next one', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }], [{ id: 'b' }], [{ id: 'c' }]])
    expect((await refineSilver(f.lake, events, { maxRows: 1 })).detail).toMatchObject({ filesRead: 1 })
    await f.bronze([[{ id: 'd' }], [{ id: 'e' }]])
    await f.bronze([[{ id: 'f' }], [{ id: 'g' }]])
    await refineSilver(f.lake, events)
    expect(await ids(f)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    // Nor is it left behind in the table for a later run.
    await f.bronze([[{ id: 'h' }], [{ id: 'i' }]])
    await refineSilver(f.lake, events)
    expect(await ids(f)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])
  })

  test('a cursor ahead of a bronze that was put back is reported, not taken for nothing to do', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }]])
    await f.bronze([[{ id: 'b' }]])
    await refineSilver(f.lake, events)
    await f.lake.store.delete(`bronze/events/${commitPath(2)}`)
    const report = await refineSilver(await f.other(), events)
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'SOURCE_VERSIONS_GONE' } })
    expect(report.error?.message).toContain('its newest version is 1')
  })

  test('an upload of an earlier day that takes longer than the last one is waited for', async () => {
    const faults = new Faults()
    await using f = await SilverFixture.open(new FaultyStore(new MemoryStore(), faults))
    await f.bronze([
      [
        { id: 'a', at: 0n },
        { id: 'b', at: 24n * hour },
        { id: 'c', at: 48n * hour },
      ],
    ])
    // The first upload ends when the last one has begun, or after a while where it is waited for.
    let later: () => void = () => undefined
    const begun = new Promise<void>(resolve => (later = resolve))
    const slow = () =>
      Promise.race([begun, new Promise<void>(resolve => setTimeout(resolve, 300))]).then(
        () => new Promise<void>(resolve => setTimeout(resolve, 50)),
      )
    const isData = (path: string) => path.startsWith('silver/') && path.endsWith('.parquet')
    faults.add({ on: 'close', path: isData, fault: { kind: 'interleave', first: slow } })
    faults.add({
      on: 'create',
      path: isData,
      after: 2,
      fault: { kind: 'interleave', first: () => (later(), Promise.resolve()) },
    })
    expect(await refineSilver(f.lake, events)).toMatchObject({ outcome: 'committed', rowsOut: 3 })
    expect(await ids(f)).toEqual(['a', 'b', 'c'])
  })

  test('files of silver without statistics are looked at for duplicates', async () => {
    await using f = await SilverFixture.open()
    await f.bronze([[{ id: 'a' }, { id: 'b' }]])
    await refineSilver(f.lake, events)
    const [add] = (await f.lake.table(silverPath(events)).snapshot())?.files ?? []
    if (add === undefined) throw new Error('no file')
    await commit(f, [{ add: { ...add, stats: undefined, dataChange: false } }])
    await f.bronze([[{ id: 'a' }, { id: 'c' }]])
    expect((await refineSilver(f.lake, events)).detail).toMatchObject({ inserted: 1, duplicates: 1 })
    expect(await ids(f)).toEqual(['a', 'b', 'c'])
  })

  test.each(['adds a key', 'takes one out'])(
    'a run during which somebody else %s of silver is planned again',
    async change => {
      const faults = new Faults()
      await using f = await SilverFixture.open(new FaultyStore(new MemoryStore(), faults))
      await f.bronze([[{ id: 'a' }]])
      await refineSilver(f.lake, events)
      await f.bronze([[{ id: 'a' }, { id: 'b' }]])
      const [old] = (await f.lake.table(silverPath(events)).snapshot())?.files ?? []
      if (old === undefined) throw new Error('no file')
      const removal: Action = {
        remove: {
          path: old.path,
          dataChange: true,
          size: old.size,
          partitionValues: old.partitionValues,
          deletionTimestamp: f.clock.now(),
        },
      }
      const actions: readonly Action[] = change === 'adds a key' ? [{ add: await foreignRow(f, 'b') }] : [removal]
      const first = async () => {
        await commit(f, actions)
      }
      faults.add({
        on: 'putIfAbsent',
        path: path => path.startsWith('silver/') && isCommit(path),
        fault: { kind: 'interleave', first },
      })
      const report = await refineSilver(f.lake, events)
      expect(report.error).toBeUndefined()
      expect(await ids(f)).toEqual(['a', 'b'])
    },
  )

  test('a rebuild during which somebody else adds a row swaps again: what bronze does not have is not in silver', async () => {
    const faults = new Faults()
    await using f = await SilverFixture.open(new FaultyStore(new MemoryStore(), faults))
    await f.bronze([[{ id: 'a' }]])
    await refineSilver(f.lake, events)
    const first = async () => {
      await commit(f, [{ add: await foreignRow(f, 'stray') }])
    }
    faults.add({
      on: 'putIfAbsent',
      path: path => path.startsWith('silver/') && isCommit(path),
      fault: { kind: 'interleave', first },
    })
    expect((await rebuildSilver(f.lake, events)).outcome).toBe('committed')
    expect(await ids(f)).toEqual(['a'])
  })

  test('a version that only takes rows away is no compaction: silver is recreated without them', async () => {
    await using f = await SilverFixture.open()
    const [old] = await f.bronze([[{ id: 'a' }], [{ id: 'b' }]])
    await refineSilver(f.lake, events)
    await f.bronze([], { remove: old === undefined ? [] : [old] })
    expect(await refineSilver(f.lake, events)).toMatchObject({
      outcome: 'committed',
      detail: { recomputed: 'version 2 of the source took rows away' },
    })
    expect(await ids(f)).toEqual(['b'])
  })

  test('an event of before 1970 is a duplicate of one on the day before', async () => {
    await using f = await SilverFixture.open()
    const day = 24n * hour
    const early = -21_000n * day
    for (const at of [early + 13n * hour, early + day + 12n * hour]) {
      await f.bronze([[{ id: 'a', at }]])
      expect((await refineSilver(f.lake, events)).outcome).toBe('committed')
    }
    expect(await ids(f)).toEqual(['a'])
  })

  test.each([1, 2, 1_000])(
    'a rebuild by days (%i rows at once) has the last microsecond of a day and the first of the next, once',
    async maxRows => {
      await using f = await SilverFixture.open()
      const midnight = 24n * hour
      await f.bronze([
        [
          { id: 'first', at: 0n },
          { id: 'last', at: midnight - 1n },
        ],
        [
          { id: 'midnight', at: midnight },
          { id: 'after', at: midnight + 1n },
        ],
        [
          { id: 'end', at: 2n * midnight - 1n },
          { id: 'next', at: 2n * midnight },
          { id: 'before 1970', at: -20_000n * midnight - 1n },
        ],
      ])
      expect(await rebuildSilver(f.lake, events, { maxRows })).toMatchObject({ outcome: 'committed' })
      expect(await ids(f)).toEqual(['after', 'before 1970', 'end', 'first', 'last', 'midnight', 'next'])
    },
  )
})
