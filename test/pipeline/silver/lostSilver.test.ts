import { expect, test } from 'vitest'

import { silverPath } from '../../../shared/contract/index.js'
import { runMaintenance, runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import { BronzeFixture, range } from '../bronze/bronzeFixture.js'
import { ok } from '../gold/goldFixture.js'

const settings = { DUCKDB_MEMORY_LIMIT: '256MB', COMPACTION_MIN_FILES: '2', SILVER_MAX_ROWS_PER_RUN: '7' }

test('a silver that is lost is made again from a bronze whose old files were compacted and vacuumed', async () => {
  await using f = await BronzeFixture.open({ settings })
  for (let n = 0; n < 6; n++) {
    f.append(range(n * 5, n * 5 + 5))
    await f.deliver(range(n * 5, n * 5 + 5))
  }
  ok(await runSilver(f.lake, 'command'))
  ok(await runMonitor(f.lake, 'timer'))
  f.clock.advance(20 * 60_000)
  ok(await runMaintenance(f.lake, 'timer'))
  ok(await runSilver(f.lake, 'command'))
  ok(await runMonitor(f.lake, 'timer'))
  f.clock.advance(9 * 86_400_000)
  const vacuumed = ok(await runMaintenance(f.lake, 'timer')).find(({ detail }) => detail['table'] === 'bronze/events')
  expect(vacuumed?.detail['vacuumed']).toBe(6)
  for await (const { path } of f.store.list('silver/')) await f.store.delete(path)
  await using g = await f.another({ settings })
  const [made] = ok(await runSilver(g.lake, 'timer'))
  expect(made?.detail).toMatchObject({ inserted: 30, recomputed: 'files that it had still to read are gone' })

  const [file] = (await g.lake.table('bronze/events').snapshot())?.files ?? []
  await g.store.delete(`bronze/events/${file?.path ?? ''}`)
  for await (const { path } of g.store.list('silver/')) await g.store.delete(path)
  await using h = await g.another({ settings })
  expect((await runSilver(h.lake, 'timer'))[0]).toMatchObject({ error: { code: 'QUERY_FILE_MISSING' } })
  expect((await h.lake.table(silverPath(h.stream)).snapshot())?.files).toEqual([])
})
