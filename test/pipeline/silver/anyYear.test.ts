import { expect, test } from 'vitest'

import { scoredPath, silverPath } from '../../../shared/contract/index.js'
import { type Action, readsNothing } from '../../../shared/delta/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { events } from '../../harness/sampleStream/events.js'
import { day0, SilverFixture } from './silverFixture.js'

/** Microseconds after day0 of a moment before the year 1, and of one after 9999. */
const early = -62_135_596_800_000_001n - day0
const late = 253_402_300_800_000_000n - day0

const days = async (fixture: SilverFixture, path = silverPath(events)) =>
  ((await fixture.lake.table(path).snapshot())?.files ?? []).map(file => file.partitionValues['_event_date']).sort()

test('event times that an earlier version let into bronze have days in silver and gold that can be read', async () => {
  await using fixture = await SilverFixture.open()
  await fixture.bronze([[{ id: 'a', at: early }, { id: 'b', at: late }, { id: 'c' }]])
  expect(await refineSilver(fixture.lake, events)).toMatchObject({ outcome: 'committed', rowsOut: 3 })
  expect(await days(fixture)).toEqual(['+10000-01-01', '0000-12-31', '2025-04-01'])
  expect((await fixture.silver()).map(row => row['_event_date'])).toEqual([-719_163, 2_932_897, 20_179])
  // The same key on the same day is found again.
  await fixture.bronze([
    [
      { id: 'a', at: early - 1n },
      { id: 'd', at: late },
    ],
  ])
  expect(await refineSilver(fixture.lake, events)).toMatchObject({ outcome: 'committed', rowsOut: 1 })
  await runGold(fixture.lake, 'command')
  expect(await days(fixture, scoredPath(events))).toEqual(['+10000-01-01', '0000-12-31', '2025-04-01'])
})

test('a silver that an earlier version made unreadable is mended by a rebuild', async () => {
  await using fixture = await SilverFixture.open()
  await fixture.bronze([[{ id: 'a', at: early }, { id: 'c' }], [{ error: 'NOT_JSON' }]])
  await refineSilver(fixture.lake, events)
  const { table } = { table: fixture.lake.table(silverPath(events)) }
  const state = await table.state({ fresh: true })
  const file = (await table.snapshot())?.files.find(
    ({ partitionValues }) => partitionValues['_event_date'] === '0000-12-31',
  )
  if (state === undefined || file === undefined) throw new Error('silver has no such file')
  // As version 0.1.0 wrote it; what only comes back is not looked at.
  const actions: Action[] = [
    {
      remove: {
        path: file.path,
        dataChange: true,
        deletionTimestamp: 1,
        partitionValues: file.partitionValues,
        size: file.size,
      },
    },
    { add: { ...file, path: file.path.replace('part', '%70art'), partitionValues: { _event_date: '-719163' } } },
  ]
  await table.commit({
    readVersion: state.version,
    actions: actions.slice(0, 1),
    operation: 'DELETE',
    isBlindAppend: false,
    reads: readsNothing,
  })
  await table.commit({
    readVersion: state.version + 1,
    actions: actions.slice(1),
    operation: 'RESTORE',
    isBlindAppend: false,
    reads: readsNothing,
  })
  await expect(fixture.silver()).rejects.toMatchObject({ code: 'DELTA_BAD_PARTITION_VALUE' })

  expect(await rebuildSilver(fixture.lake, events)).toMatchObject({ outcome: 'committed', rowsOut: 2 })
  expect((await fixture.silver()).map(row => row['event_id'])).toEqual(['a', 'c'])
  expect(await days(fixture)).toEqual(['0000-12-31', '2025-04-01'])
})
