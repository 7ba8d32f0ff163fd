import { setTimeout as delay } from 'node:timers/promises'

import { expect, test, vi } from 'vitest'

import { backfill, backfillPlan, catchUp } from '../../../shared/pipeline/bronze/index.js'
import { openWorkers } from '../../../shared/pipeline/bronze/openWorkers.js'
import type { Worker } from '../../../shared/pipeline/bronze/worker.js'
import { events } from '../../harness/sampleStream/events.js'
import { BronzeFixture, range } from './bronzeFixture.js'

vi.mock(import('../../../shared/pipeline/bronze/openWorkers.js'), async original => {
  const actual = await original()
  return { ...actual, openWorkers: vi.fn(actual.openWorkers) }
})

test('a catch-up counts partitions with work for its workers, not those of the topic, and not records', async () => {
  await using f = await BronzeFixture.open({ partitions: 5 })
  f.append(range(0, 25))
  f.append(range(0, 7), 3)
  vi.mocked(openWorkers).mockClear()
  await catchUp(f.lake, 'command')
  expect(vi.mocked(openWorkers).mock.calls.map(([, , load]) => load)).toEqual([{ offsets: 32n, partitions: 2 }])
})

test('a backfill of which one worker does not start has begun nothing: none goes on behind the error', async () => {
  await using f = await BronzeFixture.open({ stream: { ...events, model: undefined, startFrom: 'latest' } })
  f.append(range(0, 40))
  await catchUp(f.lake, 'command')
  f.append(range(40, 60))
  await catchUp(f.lake, 'command')
  const begun = Promise.withResolvers<undefined>()
  const able = {
    run: vi.fn<Worker['run']>(() => {
      begun.resolve(undefined)
      return Promise.reject(new Error('begun'))
    }),
    close: vi.fn<Worker['close']>(),
  }
  const ready = Promise.race([begun.promise, delay(300)]).then(() => Promise.reject(new Error('no thread')))
  // As a thread does: nobody need wait for it.
  ready.catch(() => undefined)
  vi.mocked(openWorkers).mockReturnValueOnce([{ ...able, ready }, able])
  const plan = await backfillPlan(f.lake, f.stream, { offsets: new Map([[0, 0n]]) })
  const version = await f.version()
  const report = await backfill(f.lake, f.stream, plan).catch((error: unknown) => ({ error }))
  expect(report.error).toMatchObject({ message: expect.stringContaining('no thread') as string })
  expect([await f.version(), able.run.mock.calls.length, able.close.mock.calls.length]).toEqual([version, 0, 2])
})
