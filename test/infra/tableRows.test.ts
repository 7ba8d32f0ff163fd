import { describe, expect, test } from 'vitest'

import { progressLine } from '../../infra/local/progress.js'
import { TableRowsFollower } from '../../infra/local/tableRows.js'
import type { Action, DeltaTable } from '../../shared/delta/index.js'

const add = (path: string, numRecords: number, newest?: string): Action => ({
  add: {
    path,
    partitionValues: {},
    size: 1,
    modificationTime: 0,
    dataChange: true,
    stats: JSON.stringify({ numRecords, maxValues: newest === undefined ? {} : { at: newest } }),
  },
})

const remove = (path: string): Action => ({ remove: { path, dataChange: true } })

/** A log that grows, seen the way a DeltaTable shows one. */
function growing(versions: Action[][]) {
  const replayed = () => {
    const files = new Map<string, unknown>()
    for (const action of versions.flat()) {
      if ('add' in action) files.set(action.add.path, action.add)
      else if ('remove' in action) files.delete(action.remove.path)
    }
    return [...files.values()]
  }
  let snapshots = 0
  const table = {
    snapshot: () => {
      snapshots++
      return Promise.resolve(versions.length === 0 ? undefined : { version: versions.length - 1, files: replayed() })
    },
    state: () => Promise.resolve({ version: versions.length - 1 }),
    async *commits(from: number, to: number) {
      for (let version = from; version <= to; version++)
        yield await Promise.resolve({ version, actions: versions[version] ?? [] })
    },
  } as unknown as DeltaTable
  return { versions, table, snapshots: () => snapshots }
}

describe('TableRowsFollower', () => {
  test('counts what is there and then only what is new', async () => {
    const { versions, table, snapshots } = growing([[add('a', 5, '2026-01-02T00:00:00.000Z')]])
    const follower = new TableRowsFollower(table, 'at')
    expect(await follower.read()).toEqual({ rows: 5, newest: Date.UTC(2026, 0, 2) })
    versions.push([add('b', 7, '2026-01-01T00:00:00.000Z')], [remove('a'), add('c', 5)])
    expect(await follower.read()).toEqual({ rows: 12, newest: Date.UTC(2026, 0, 1) })
    expect(snapshots()).toBe(1)
  })

  test('a table that does not exist yet has no rows, and is found once it does', async () => {
    const { versions, table } = growing([])
    const follower = new TableRowsFollower(table)
    expect(await follower.read()).toBeUndefined()
    versions.push([add('a', 1)])
    expect(await follower.read()).toMatchObject({ rows: 1 })
  })

  test('a table recreated is counted again', async () => {
    const { versions, table } = growing([[add('a', 1)], [add('b', 1)]])
    const follower = new TableRowsFollower(table)
    await follower.read()
    versions.splice(0, 2, [add('c', 9)])
    expect(await follower.read()).toMatchObject({ rows: 9 })
  })
})

test('the progress line says all of it', () => {
  const line = progressLine(new Date('2026-01-02T03:04:05Z'), {
    stream: 'events',
    events: 12_345n,
    bronze: 12_000,
    silver: 11_000,
    gold: 10_000,
    lag: 345n,
    freshness: 1234,
  })
  expect(line).toBe(
    '03:04:05 events: events 12,345 | bronze 12,000 | silver 11,000 | gold 10,000 | lag 345 | freshness 1.2 s',
  )
})
