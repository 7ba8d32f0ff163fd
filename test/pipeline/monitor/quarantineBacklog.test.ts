import { expect, test } from 'vitest'

import { silverPath } from '../../../shared/contract/index.js'
import { restoreTable } from '../../../shared/delta/dml/index.js'
import { purgeQuarantine } from '../../../shared/pipeline/quarantine/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import type { Row } from '../../../shared/types/index.js'
import type { BronzeFixture } from '../bronze/bronzeFixture.js'
import { ingest, lenient, open, process, replay, strict } from '../quarantine/quarantineFixture.js'
import { look } from './monitorFixture.js'

/** What waits, by reason, without reasons for which nothing does. */
function waitingIn(row: Row | undefined): Record<string, number> {
  const reasons = JSON.parse(row?.['quarantine_reasons'] as string) as Record<string, { count: number }>
  return Object.fromEntries(
    Object.entries(reasons).flatMap(([code, { count }]) => (count === 0 ? [] : [[code, count]])),
  )
}

async function backlog(f: BronzeFixture): Promise<readonly [number, Record<string, number>, string]> {
  const { bronze, silver } = await look(f)
  expect(bronze, bronze?.['reason'] as string).toMatchObject({ identity_closed: true })
  expect(silver, silver?.['reason'] as string).toMatchObject({ identity_closed: true })
  const text = /quarantined \d+ = .*$/.exec(bronze?.['identity'] as string)?.[0] ?? ''
  return [Number(bronze?.['quarantine_backlog']), waitingIn(bronze), text]
}

const sent = [{ id: 'a', value: 1 }, { id: 'b', value: -1 }, { id: 'a', value: -1 }, Buffer.from('{'), Buffer.from('}')]

test('backlog and age are told by reason, and every outcome is a term of the identity', async () => {
  await using f = await open()
  await ingest(f, sent)
  expect(await backlog(f)).toEqual([4, { EXPECTATION_FAILED: 2, NOT_JSON: 2 }, ''])
  await replay(f)
  expect(await backlog(f)).toEqual([2, { NOT_JSON: 2 }, 'quarantined 4 = waiting 2 + replayed 1 + duplicate 1'])
  await purgeQuarantine(f.lake, strict, { offsets: { first: 3n, last: 3n } }, { by: 'ada' })
  await ingest(f, [{ id: 'c', value: -5 }])
  const settled = 'replayed 1 + duplicate 1 + purged 1'
  expect(await backlog(f)).toEqual([
    2,
    { EXPECTATION_FAILED: 1, NOT_JSON: 1 },
    `quarantined 5 = waiting 2 + ${settled}`,
  ])
  await rebuildSilver(f.lake, strict)
  expect((await backlog(f))[2]).toBe(`quarantined 5 = waiting 2 + ${settled}`)
})

test('the age is that of the oldest that waits, and grows while nothing comes', async () => {
  await using f = await open()
  await ingest(f, [{ id: 'b', value: -1 }])
  f.clock.advance(100_000)
  await ingest(f, [Buffer.from('{')])
  const age = async () => (await look(f))['bronze']?.['quarantine_oldest_seconds'] as number
  const before = await age()
  expect(before).toBeGreaterThan(100)
  await replay(f)
  expect(await age()).toBeLessThan(10)
  f.clock.advance(50_000)
  expect(await age()).toBeGreaterThan(50)
})

test('what silver loses waits again', async () => {
  await using f = await open()
  await ingest(f, sent)
  await backlog(f)
  await replay(f)
  await backlog(f)
  await restoreTable(f.lake.table(silverPath(strict)), { version: 1 }, {})
  const { bronze } = await look(f)
  expect(bronze).toMatchObject({ quarantine_backlog: 3n, identity_closed: true })
})

test('a replay that was killed before it wrote its outcome is counted', async () => {
  await using f = await open()
  await ingest(f, sent)
  await backlog(f)
  const faults = new Faults().add({
    on: ['put', 'putIfAbsent', 'close'],
    path: path => path.includes('_quarantine_resolved'),
    times: Infinity,
    fault: { kind: 'fail', retryable: false },
  })
  const lake = await process(f, new FaultyStore(f.store, faults))
  await expect(replay({ lake }, lenient)).rejects.toThrow(/Planned fault/)
  await lake.close()
  expect(await backlog(f)).toEqual([
    3,
    { EXPECTATION_FAILED: 1, NOT_JSON: 2 },
    'quarantined 4 = waiting 3 + replayed 1',
  ])
})
