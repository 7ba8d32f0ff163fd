import { describe, expect, test } from 'vitest'

import { resolvedPath } from '../../../shared/contract/index.js'
import { asError } from '../../../shared/errors.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/index.js'
import { FaultyStore } from '../../../shared/storage/faults/index.js'
import { Random, seedNote } from '../../random.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { Death } from '../death.js'
import {
  ingest,
  lenient,
  open,
  outcomes,
  process,
  quarantined,
  replay,
  silverRows,
  strict,
} from './quarantineFixture.js'

/** Two records that a replay brings, of one key each, and one that it finds to be a duplicate. */
async function made(): Promise<BronzeFixture> {
  const f = await open()
  await ingest(f, [
    { id: 'a', value: 1 },
    { id: 'b', value: -1 },
    { id: 'a', value: -2 },
    { id: 'c', value: 'x' },
  ])
  return f
}

const fix = `replace(_value, '"x"', '3')`
const all = ['0/0 a=1', '0/1 b=-1', '0/3 c=3']

async function replayDying(f: BronzeFixture, death: Death): Promise<string | undefined> {
  await using lake = await disposable(await process(f, new FaultyStore(f.store, death)))
  try {
    await replay(lake, lenient, { fix })
    return undefined
  } catch (error) {
    return asError(error).message
  }
}

function disposable(lake: Awaited<ReturnType<typeof process>>) {
  return Promise.resolve({ lake, [Symbol.asyncDispose]: () => lake.close() })
}

/** Replayed rows in the outcomes, each record once. */
async function replayedOffsets(f: BronzeFixture): Promise<readonly number[]> {
  return (await f.read(resolvedPath(strict)))
    .filter(row => row['_outcome'] === 'replayed')
    .map(row => Number(row['_offset']))
    .toSorted((a, b) => a - b)
}

describe('a replay that is killed', () => {
  test('at any write is finished by the next, and a rebuild gives the same rows', async () => {
    let kills = 0
    for (const takesEffect of [false, true]) {
      for (let at = 0; ; at++) {
        const death = new Death(at, takesEffect)
        await using f = await made()
        const died = await replayDying(f, death)
        if (death.writes <= at) {
          expect(died).toBeUndefined()
          break
        }
        kills++
        const note = `write ${at}${takesEffect ? ', which took effect' : ''}`
        // In silver, or in quarantine, or settled: never in neither.
        const held = (await silverRows(f)).map(row => Number(row.slice(2, 3)))
        const open = await quarantined(f)
        for (const offset of [1, 3]) expect(held.includes(offset) !== open.includes(offset), note).toBe(true)
        f.clock.advance(60_000)
        await replay(f, lenient, { fix })
        expect(await silverRows(f), note).toEqual(all)
        expect(await quarantined(f), note).toEqual([])
        expect(await replayedOffsets(f), note).toEqual([1, 3])
        expect(
          (await outcomes(f)).map(row => row['fix']),
          note,
        ).toEqual([fix, fix, fix])
        await rebuildSilver(f.lake, strict)
        expect(await silverRows(f), `${note}, rebuilt`).toEqual(all)
      }
    }
    expect(kills).toBeGreaterThan(8)
  })

  test('and followed by a rebuild at once loses no row that was in silver', async () => {
    for (let at = 0; ; at++) {
      const death = new Death(at, true)
      await using f = await made()
      await replayDying(f, death)
      if (death.writes <= at) break
      const before = await silverRows(f)
      expect(await rebuildSilver(f.lake, strict)).toMatchObject({ outcome: 'committed' })
      expect(await silverRows(f), `write ${at}`).toEqual(before)
      await replay(f, lenient, { fix })
      expect(await silverRows(f), `write ${at}`).toEqual(all)
    }
  })
})

describe('others at work', () => {
  test('two replays at once bring each record once', async () => {
    await using f = await made()
    await using other = await disposable(await process(f))
    const reports = await Promise.all([replay(f, lenient, { fix }), replay(other, lenient, { fix, by: 'grace' })])
    expect(reports.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(2)
    expect(await silverRows(f)).toEqual(all)
    expect(await replayedOffsets(f)).toEqual([1, 3])
    await rebuildSilver(f.lake, strict)
    expect(await silverRows(f)).toEqual(all)
  })

  test('two fixes at once that make other keys of a record bring it once', async () => {
    await using f = await open()
    await ingest(f, [{ id: 'b', value: -1 }])
    await using other = await disposable(await process(f))
    const renamed = (id: string) => `json_merge_patch(_value, '{"event_id":"${id}"}')`
    await Promise.all([replay(f, lenient, { fix: renamed('x') }), replay(other, lenient, { fix: renamed('y') })])
    const rows = await silverRows(f)
    expect(rows).toHaveLength(1)
    await rebuildSilver(f.lake, strict)
    expect(await silverRows(f)).toEqual(rows)
  })

  test('replays beside runs of silver and of bronze: each key once, and a rebuild gives the same rows', async () => {
    const random = new Random()
    await using f = await open()
    await using one = await disposable(await process(f))
    await using two = await disposable(await process(f))
    let sent = 0
    for (let round = 0; round < 5; round++) {
      await ingest(
        f,
        Array.from({ length: 6 }, () => ({
          id: `k${random.below(8)}`,
          value: random.below(2) === 0 ? ++sent : -++sent,
        })),
        { silver: random.below(2) === 0 },
      )
      const works = [
        () => refineSilver(one.lake, strict, { maxRows: 2 }),
        () => refineSilver(two.lake, strict),
        () => replay(one),
        () => replay(two),
      ].filter(() => random.below(3) > 0)
      await Promise.all(works.map(work => work()))
    }
    await replay(f)
    const before = await silverRows(f)
    expect(await quarantined(f), seedNote).toEqual([])
    const keys = before.map(row => /k\d/.exec(row)?.[0])
    expect(new Set(keys).size, seedNote).toBe(keys.length)
    await rebuildSilver(f.lake, strict)
    expect(await silverRows(f), seedNote).toEqual(before)
  })
})
