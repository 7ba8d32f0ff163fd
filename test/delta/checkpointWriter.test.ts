import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.js'
import type { Action } from '../../shared/delta/actions.js'
import { createTable } from '../../shared/delta/creation.js'
import { commitPath, classicCheckpointPath, lastCheckpointPath } from '../../shared/delta/logName.js'
import { DeltaTable } from '../../shared/delta/table.js'
import { readsNothing } from '../../shared/delta/transaction.js'
import { bytesFile } from '../../shared/parquet/bytesFile.js'
import { openParquet } from '../../shared/parquet/reader.js'
import { MemoryStore } from '../../shared/storage/memoryStore.js'
import type { StructType } from '../../shared/parquet/dataType.js'

const schema: StructType = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true, metadata: {} }] }
const day = 24 * 60 * 60 * 1_000

function setUp() {
  const clock = new ManualClock()
  const store = new MemoryStore(clock)
  const table = new DeltaTable(store, { clock })
  const write = async (...actions: Action[]) => {
    const state = await table.state()
    const outcome = await table.commit({
      readVersion: state?.version ?? -1, actions, operation: 'WRITE', isBlindAppend: false, reads: readsNothing,
    })
    expect(outcome.kind).toBe('committed')
  }
  const create = () => table.commit(createTable({ schema, partitionColumns: ['p q'], createdTime: clock.now(), name: 'n' }))
  return { clock, store, table, write, create, reopen: () => new DeltaTable(store, { clock }) }
}

function add(path: string): Action {
  return {
    add: {
      path, partitionValues: { 'p q': null }, size: 10, modificationTime: 5, dataChange: true,
      stats: '{"numRecords":9223372036854775807}', tags: { a: 'b' },
    },
  }
}

function remove(path: string, deletionTimestamp: number): Action {
  return { remove: { path, dataChange: true, deletionTimestamp, extendedFileMetadata: true, partitionValues: { 'p q': 'x' }, size: 10 } }
}

describe('a checkpoint', () => {
  it('stands in for the commits it was made of', async () => {
    const { clock, store, table, write, create, reopen } = setUp()
    await create()
    await write(add('a'), add('b'), { txn: { appId: 'x', version: 9007199254740993n, lastUpdated: 3 } })
    await write(remove('a', clock.now()), add('c%20d'), { domainMetadata: { domain: 'd', configuration: '{}', removed: false } })
    const before = await table.snapshot()
    expect(await table.writeCheckpoint()).toMatchObject({ kind: 'written', version: 2, numFiles: 2 })
    for (const version of [0, 1, 2]) await store.delete(commitPath(version))

    const after = await reopen().snapshot()
    expect(after?.files.map(file => file.path)).toEqual(['b', 'c%20d'])
    expect(after?.files[0]).toEqual({ ...before?.files[0], dataChange: false })
    expect(after?.tombstones.map(file => file.path)).toEqual(['a'])
    const { version, protocol, metadata, txns, domains } = (await reopen().state()) ?? {}
    expect({ version, protocol, metadata, txns, domains }).toEqual({
      version: 2,
      protocol: before?.protocol,
      metadata: before?.metadata,
      txns: before?.txns,
      domains: before?.domains,
    })
  })

  it('is made of the one before and the commits since: what these decided holds', async () => {
    const { clock, store, table, write, create, reopen } = setUp()
    await create()
    await write(add('a'), add('b'), add('c'))
    await table.writeCheckpoint()
    await write(remove('a', clock.now()), add('d'))
    await write(add('a'))
    await write(remove('b', clock.now()))
    expect(await table.writeCheckpoint()).toMatchObject({ kind: 'written', version: 4, numFiles: 3 })
    await store.delete(classicCheckpointPath(1))
    for (let version = 0; version <= 4; version++) await store.delete(commitPath(version))
    const after = await reopen().snapshot()
    expect(after?.files.map(file => file.path).sort()).toEqual(['a', 'c', 'd'])
    expect(after?.tombstones.map(file => file.path)).toEqual(['b'])
  })

  it('names a file once, also when it came back after a checkpoint had its tombstone', async () => {
    const { clock, store, table, write, create } = setUp()
    await create()
    await write(add('a'))
    await write(remove('a', clock.now()))
    await table.writeCheckpoint()
    await write(add('a'))
    await table.writeCheckpoint()
    const file = await openParquet(bytesFile((await store.get(classicCheckpointPath(3))) ?? new Uint8Array()))
    const [adds, removes] = await file.readColumns({ columns: ['add', 'remove'] })
    expect(Array.from(adds?.data ?? []).filter(row => row !== null)).toHaveLength(1)
    expect(Array.from(removes?.data ?? []).filter(row => row !== null)).toEqual([])
  })

  it('forgets tombstones only after their time', async () => {
    const { clock, table, write, create } = setUp()
    await create()
    await write(add('a'), add('b'))
    await write(remove('a', clock.now()))
    clock.advance(6 * day)
    await table.writeCheckpoint()
    expect((await table.snapshot())?.tombstones).toHaveLength(1)
    clock.advance(2 * day)
    await write(remove('b', clock.now()))
    await table.writeCheckpoint()
    expect((await table.snapshot())?.tombstones.map(file => file.path)).toEqual(['b'])
  })

  it('does not take the pointer back when another writer has gone further', async () => {
    const { store, table, write, create } = setUp()
    await create()
    await write(add('a'))
    await table.writeCheckpoint()
    const pointer = await store.get(lastCheckpointPath)
    await write(add('b'))
    // What a slow writer meets: a pointer beyond the version it has just written.
    await store.put(lastCheckpointPath, new TextEncoder().encode('{"version":7,"size":1}'))
    await table.writeCheckpoint()
    expect(new TextDecoder().decode(await store.get(lastCheckpointPath))).toBe('{"version":7,"size":1}')
    expect(pointer).toBeDefined()
    expect(await table.writeCheckpoint()).toEqual({ kind: 'exists', version: 2 })
  })

  it('has Spark\'s columns in Spark\'s order, in Snappy', async () => {
    const { store, table, write, create } = setUp()
    await create()
    await write(add('a'))
    await table.writeCheckpoint()
    const file = await openParquet(bytesFile((await store.get(classicCheckpointPath(1))) ?? new Uint8Array()))
    expect(file.fields.map(field => field.name)).toEqual(['txn', 'add', 'remove', 'metaData', 'protocol', 'domainMetadata'])
    expect(file.rowCount).toBe(3)
  })
})
