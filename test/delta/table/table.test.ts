import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import type { AddFile } from '../../../shared/delta/actions/actions.js'
import { createTable } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing, type Transaction } from '../../../shared/delta/transaction/transaction.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { StructType } from '../../../shared/types/index.js'

const schema: StructType = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true, metadata: {} }] }

function add(path: string, size = 100): AddFile {
  return { path, partitionValues: {}, size, modificationTime: 1, dataChange: true, stats: '{"numRecords":1}' }
}

function append(readVersion: number, appId: string, version: bigint, path: string): Transaction {
  return {
    readVersion,
    actions: [{ add: add(path) }, { txn: { appId, version } }],
    operation: 'STREAMING UPDATE',
    isBlindAppend: true,
    reads: readsNothing,
  }
}

describe('a table', () => {
  test('is not there before it is made', async () => {
    const table = new DeltaTable(new MemoryStore())
    expect(await table.state()).toBeUndefined()
    expect(await table.snapshot()).toBeUndefined()
    expect(await table.history()).toEqual([])
  })

  test('is made once: a second creation is a conflict', async () => {
    const store = new MemoryStore()
    const clock = new ManualClock()
    const one = new DeltaTable(store, { clock })
    const two = new DeltaTable(store, { clock })
    const outcomes = await Promise.all(
      [one, two].map(table => table.commit(createTable({ schema, createdTime: clock.now() }))),
    )
    expect(outcomes.map(outcome => outcome.kind).sort()).toEqual(['committed', 'conflict'])
    expect(outcomes.find(outcome => outcome.kind === 'conflict')).toMatchObject({ reason: 'tableExists', version: 0 })
  })

  test('is appended to, read back by another process, and has a history', async () => {
    const store = new MemoryStore()
    const clock = new ManualClock()
    const table = new DeltaTable(store, { clock })
    await table.commit(createTable({ schema, partitionColumns: [], createdTime: clock.now() }))
    expect(await table.commit(append(0, 'app', 41n, 'a.parquet'))).toMatchObject({
      kind: 'committed',
      version: 1,
      attempts: 1,
    })
    expect(await table.commit(append(1, 'app', 42n, 'b.parquet'))).toMatchObject({ kind: 'committed', version: 2 })

    const other = new DeltaTable(store, { clock })
    const state = await other.state()
    expect(state).toMatchObject({ version: 2, schema, totals: { numFiles: 2, sizeInBytes: 200n } })
    expect(state?.txns.get('app')?.version).toBe(42n)
    const snapshot = await other.snapshot()
    expect(snapshot?.files.map(file => file.path)).toEqual(['a.parquet', 'b.parquet'])
    expect((await other.snapshot({ version: 1 }))?.numFiles).toBe(1)
    expect((await other.history()).map(entry => entry.operation)).toEqual([
      'STREAMING UPDATE',
      'STREAMING UPDATE',
      'CREATE TABLE',
    ])
    const versions: number[] = []
    for await (const commit of other.commits(1)) versions.push(commit.version)
    expect(versions).toEqual([1, 2])
  })

  test('records times that grow with the versions, also when its files were written in one millisecond', async () => {
    const store = new MemoryStore(new ManualClock(1_000))
    const table = new DeltaTable(store)
    await table.commit(createTable({ schema, createdTime: 0 }))
    await table.commit(append(0, 'app', 1n, 'a.parquet'))
    await table.commit(append(1, 'app', 2n, 'b.parquet'))
    const times: number[] = []
    for await (const { timestamp } of table.commits(0)) times.push(timestamp)
    expect(times).toEqual([1_000, 1_001, 1_002])
  })

  test('has no commits beyond its newest, and a gap where one is asked for that is not there', async () => {
    const table = new DeltaTable(new MemoryStore())
    await table.commit(createTable({ schema, createdTime: 0 }))
    const versions = async (from: number, to?: number) => {
      const found: number[] = []
      for await (const { version } of table.commits(from, to)) found.push(version)
      return found
    }
    expect(await versions(1)).toEqual([])
    await expect(versions(0, 1)).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP', data: { version: 1 } })
  })
})
