import { describe, expect, test } from 'vitest'

import { readHistory } from '../../../shared/delta/log/history.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { columnField, LogFixture } from '../logFixture.js'

const fields = [columnField('id', 'long')]

describe('the history of a table', () => {
  test('is what the writers said, newest first, and null where they said nothing', async () => {
    const log = new LogFixture({ fields })
    await log.commit()
    await log.commit({
      commitInfo: {
        operation: 'WRITE',
        operationParameters: { mode: 'Append' },
        userMetadata: 'run 7',
        isBlindAppend: true,
        readVersion: 0,
      },
    })
    expect(await readHistory(log.store)).toMatchObject([
      {
        version: 1,
        operation: 'WRITE',
        operationParameters: { mode: 'Append' },
        userMetadata: 'run 7',
        isBlindAppend: true,
        readVersion: 0,
      },
      { version: 0, operation: null, operationMetrics: null, userMetadata: null, isBlindAppend: null },
    ])
    expect(await readHistory(log.store, 1)).toHaveLength(1)
  })

  test('dates versions by their own time where they say it, however late their files are', async () => {
    const log = new LogFixture({ fields })
    const start = log.clock.now()
    await log.commit()
    await log.commit()
    // Rewritten long after, as by a copy of the table: the time that a commit says of itself stays.
    log.clock.advance(1_000_000)
    for (const inCommitTimestamp of [start + 50, start + 60]) await log.commit({ commitInfo: { inCommitTimestamp } })
    expect((await readHistory(log.store)).map(({ timestamp }) => timestamp - start)).toEqual([60, 50, 1, 0])
    await log.store.delete(commitPath(3))
    const bytes = await log.store.get(commitPath(0))
    await log.store.put(commitPath(0), bytes ?? new Uint8Array())
    expect((await readHistory(log.store)).map(({ timestamp }) => timestamp - start)).toEqual([50, 1_000_001, 1_000_000])
  })

  test('begins behind a hole that clean-up has left, and of no table is empty', async () => {
    const log = new LogFixture({ fields })
    for (let version = 0; version < 4; version++) await log.commit()
    await log.store.delete(commitPath(1))
    expect((await readHistory(log.store)).map(({ version }) => version)).toEqual([3, 2])
    expect(await readHistory(new MemoryStore())).toEqual([])
  })
})
