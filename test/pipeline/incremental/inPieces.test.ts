import { expect, test } from 'vitest'

import { rebuildGold, runGold } from '../../../shared/pipeline/gold/index.js'
import { inPieces, type RefreshOptions } from '../../../shared/pipeline/incremental/index.js'
import { type Lake, openLake } from '../../../shared/pipeline/lake/index.js'
import { rebuildSilver, runSilver } from '../../../shared/pipeline/silver/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { readSettings } from '../../../shared/settings/index.js'
import { MemorySource } from '../../../shared/sources/memory/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { Death } from '../death.js'
import { ok, scoredRows, summaryRows } from '../gold/goldFixture.js'
import { type Given, hour, SilverFixture } from '../silver/silverFixture.js'

const settings = { DUCKDB_MEMORY_LIMIT: '64MB', SILVER_MAX_ROWS_PER_RUN: '300000' }

/** A part of a step that always finds more, as many rows as there is memory for. */
const endless = () =>
  Promise.resolve({ step: 'silver', outcome: 'committed', rowsIn: 131_072, more: true } as unknown as StepReport)

test('a timer takes as many pieces as a run takes rows, each by itself, and none beyond', async () => {
  await using f = await SilverFixture.open(undefined, undefined, settings)
  const about = { step: 'silver', stream: events, trigger: 'timer' } as const
  expect((await inPieces(f.lake, about, {}, endless)).reports).toHaveLength(2)
})

test('a timer that has been at it for ten minutes leaves the rest to the next', async () => {
  await using f = await SilverFixture.open(undefined, undefined, { ...settings, SILVER_MAX_ROWS_PER_RUN: '100000000' })
  const slow = async () => {
    f.clock.advance(200_000)
    return endless()
  }
  const about = { step: 'silver', stream: events, trigger: 'timer' } as const
  expect((await inPieces(f.lake, about, {}, slow)).reports).toHaveLength(4)
})

const maxRows = 5

async function everything(lake: Lake, options: RefreshOptions): Promise<void> {
  ok(await runSilver(lake, 'command', options))
  ok(await runGold(lake, 'command', options))
}

/** Of rows with scores, what does not depend on when they were scored. */
async function found(f: SilverFixture) {
  const scored = (await scoredRows(f.lake)).map(row => ({ ...row, scored_at: undefined }))
  return { silver: await f.silver(), scored, summary: await summaryRows(f.lake) }
}

/** A backlog of files of one to four rows, one row in three a duplicate, over three days. */
function backlog(random: Random): readonly (readonly Given[])[] {
  let next = 0
  return Array.from({ length: 12 }, () =>
    Array.from({ length: 1 + random.below(4) }, () => {
      const id = random.below(3) === 0 ? random.below(next + 1) : next++
      const at = BigInt(random.below(72)) * hour
      return { id: `k${id}`, at, type: random.pick(['click', 'view']), value: random.below(1_000) }
    }),
  )
}

test('a backlog that is taken in pieces gives the rows of one run, and so does a rebuild in pieces', async () => {
  const files = backlog(new Random())
  await using whole = await SilverFixture.open()
  await whole.bronze(files)
  await everything(whole.lake, {})
  await using parts = await SilverFixture.open()
  await parts.bronze(files)
  await everything(parts.lake, { maxRows })
  expect(await found(parts), seedNote).toEqual(await found(whole))
  expect((await parts.lake.table('silver/events').state())?.version).toBeGreaterThan(3)
  // Files that are larger than a piece are scored in stretches of time.
  ok([await rebuildSilver(parts.lake, events, { maxRows }), ...(await rebuildGold(parts.lake, events, { maxRows: 1 }))])
  expect(await found(parts), seedNote).toEqual(await found(whole))
})

test('a row at the very time where a file is parted is scored once', async () => {
  await using f = await SilverFixture.open()
  // Of three rows two at a time: the file is parted in the middle of its time.
  await f.bronze([[0n, hour, 2n * hour].map((at, i) => ({ id: `k${i}`, at, value: i }))])
  await everything(f.lake, {})
  const before = await found(f)
  ok(await rebuildGold(f.lake, events, { maxRows: 2 }))
  expect(before.scored).toHaveLength(3)
  expect(await found(f)).toEqual(before)
})

test.each([true, false])(
  'a process that is killed between two pieces, its last write done: %s, leaves nothing to be lost or doubled',
  async takesEffect => {
    const random = new Random()
    const files = backlog(random)
    await using whole = await SilverFixture.open()
    await whole.bronze(files)
    await everything(whole.lake, {})
    const store = new MemoryStore(whole.clock)
    await using killed = await SilverFixture.open(store)
    await killed.bronze(files)
    for (let kill = 0; kill < 8; kill++) {
      const dying = await openLake(readSettings({ DUCKDB_MEMORY_LIMIT: '256MB' }), {
        store: new FaultyStore(store, new Death(random.below(16), takesEffect)),
        streams: [events],
        clock: killed.clock,
        source: new MemorySource(),
      })
      await everything(dying, { maxRows }).catch(() => undefined)
      await dying.close().catch(() => undefined)
    }
    await everything(killed.lake, { maxRows })
    expect(await found(killed), seedNote).toEqual(await found(whole))
  },
)
