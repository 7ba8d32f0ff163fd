import { describe, expect, test } from 'vitest'

import { bronzeTable } from '../../../shared/contract/index.js'
import { createTable } from '../../../shared/delta/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture, range, span } from './bronzeFixture.js'

const settings = { BRONZE_MAX_COMMIT_ROWS: '5' }

/** Somebody deletes and recreates bronze, without rows; every process looks at its log again after a minute. */
async function remake(f: BronzeFixture): Promise<void> {
  for await (const { path } of f.store.list('bronze/')) await f.store.delete(path)
  // Closing it would close the source, which it shares.
  const other = await f.another()
  await other.lake.table('bronze/events').commit(createTable({ ...bronzeTable(f.stream), createdTime: f.clock.now() }))
  f.clock.advance(61_000)
}

describe('a bronze that is recreated while rows are on their way gets none from the middle of a partition', () => {
  test('of a catch-up: the next one begins at the beginning', async () => {
    await using f = await BronzeFixture.open({ settings })
    f.append(range(0, 10))
    await catchUp(f.lake, 'command')
    f.append(range(10, 20))
    const read = f.source.read.bind(f.source)
    let remade = false
    f.source.read = async function* (...args) {
      if (args[1].start === 10n && !remade) {
        remade = true
        await remake(f)
      }
      yield* read(...args)
    }
    expect(await catchUp(f.lake, 'command')).toMatchObject([
      { outcome: 'failed', error: { code: 'SOURCE_TABLE_CHANGED', retryable: true } },
    ])
    expect(await f.lineage()).toEqual([])
    await catchUp(f.lake, 'command')
    expect(eachOffsetOnce(await f.lineage(), [span(20)])).toEqual([])
  })

  test('of a delivery that takes several commits: it is planned again', async () => {
    await using f = await BronzeFixture.open({ settings })
    f.append(range(0, 20))
    await f.deliver(range(0, 3))
    const records = await f.fetch(range(3, 20))
    const table = f.lake.table('bronze/events')
    const state = table.state.bind(table)
    let looks = 0
    // The second look is before the second commit.
    table.state = async (...args) => {
      if (++looks === 2) await remake(f)
      return await state(...args)
    }
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    expect(looks).toBeGreaterThan(2)
    expect(eachOffsetOnce(await f.lineage(), [span(20)])).toEqual([])
  })
})
