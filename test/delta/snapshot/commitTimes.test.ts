import { describe, expect, test } from 'vitest'

import { commitPath } from '../../../shared/delta/log/logName.js'
import { commitAt, firstVersionFrom, versionAt } from '../../../shared/delta/snapshot/commitTimes.js'
import { writeCheckpoint } from '../../../shared/delta/table/writeCheckpoint.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { columnField, LogFixture } from '../logFixture.js'

const fields = [columnField('id', 'long')]

/** Commits one version for each step, the clock moved by the step before it. */
async function dated(steps: readonly number[], configuration: Readonly<Record<string, string>> = {}) {
  const table = new LogFixture({ fields, configuration })
  const start = table.clock.now()
  for (const step of steps) {
    table.clock.advance(step)
    await table.commit()
  }
  return { table, start }
}

describe('the version of a moment', () => {
  test('is the newest that was there; afterwards it is an error with the newest version’s time, or the newest where that is asked', async () => {
    const { table, start } = await dated([0, 100, 100, 100])
    const at = (ms: number) => versionAt(table.store, start + ms)
    expect(await Promise.all([0, 99, 100, 250, 300].map(at))).toEqual([0, 0, 1, 2, 3])
    await expect(at(301)).rejects.toMatchObject({
      code: 'DELTA_NO_VERSION',
      data: { newestVersion: 3, newestTimestamp: start + 300 },
    })
    expect(await commitAt(table.store, start + 301, { toNewest: true })).toEqual({ version: 3, timestamp: start + 300 })
  })

  test('to begin with is the first that came no earlier', async () => {
    const { table, start } = await dated([0, 100, 100, 100])
    const from = (ms: number) => firstVersionFrom(table.store, start + ms)
    expect(await Promise.all([-1000, 0, 1, 100, 101, 299, 300].map(from))).toEqual([0, 0, 1, 1, 2, 3, 3])
    await expect(from(301)).rejects.toMatchObject({
      code: 'DELTA_NO_VERSION',
      data: { newestVersion: 3, newestTimestamp: start + 300 },
    })
    expect(await firstVersionFrom(new MemoryStore(), 0)).toBeUndefined()
  })

  test('before the first version is an error with the first version’s time', async () => {
    const { table, start } = await dated([0, 100])
    await expect(versionAt(table.store, start - 1)).rejects.toMatchObject({
      code: 'DELTA_NO_VERSION',
      data: { oldestVersion: 0, oldestTimestamp: start },
    })
    expect(await versionAt(table.store, start - 1, { toOldest: true })).toBe(0)
  })

  test('grows with the versions although the clocks of their writers did not', async () => {
    const { table, start } = await dated([500, -200, -200, 1000])
    const at = (ms: number) => versionAt(table.store, start + ms)
    expect(await Promise.all([500, 501, 502, 1099, 1100].map(at))).toEqual([0, 1, 2, 2, 3])
  })

  test('is by the commits’ own times once the table keeps them, whatever the files’ times are', async () => {
    const table = new LogFixture({ fields })
    const start = table.clock.now()
    await table.commit()
    table.clock.advance(1000)
    const { metadata } = await table.snapshot()
    const configuration = {
      'delta.enableInCommitTimestamps': 'true',
      'delta.inCommitTimestampEnablementVersion': '1',
      'delta.inCommitTimestampEnablementTimestamp': String(start + 50),
    }
    await table.commit({ commitInfo: { inCommitTimestamp: start + 50 } }, { metaData: { ...metadata, configuration } })
    for (const ms of [60, 70, 80]) await table.commit({ commitInfo: { inCommitTimestamp: start + ms } })
    const at = (ms: number) => versionAt(table.store, start + ms)
    expect(await Promise.all([0, 49, 50, 59, 60, 75, 80].map(at))).toEqual([0, 0, 1, 1, 2, 3, 4])
    await expect(at(81)).rejects.toMatchObject({ data: { newestVersion: 4, newestTimestamp: start + 80 } })
    expect(await Promise.all([1, 50, 51, 80].map(ms => firstVersionFrom(table.store, start + ms)))).toEqual([
      1, 1, 2, 4,
    ])
  })

  test('is never one that clean-up has made unreadable', async () => {
    const { table, start } = await dated([0, 100, 100])
    await writeCheckpoint(table.store, start)
    table.clock.advance(100)
    await table.commit()
    for (const version of [0, 1]) await table.store.delete(commitPath(version))
    expect(await versionAt(table.store, start + 200)).toBe(2)
    await expect(versionAt(table.store, start + 199)).rejects.toMatchObject({ data: { oldestVersion: 2 } })
  })

  test('of no table is nothing', async () => {
    expect(await versionAt(new MemoryStore(), 0)).toBeUndefined()
  })
})
