import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { CheckpointUpload } from '../../../shared/delta/checkpoint/checkpointUpload.js'
import type { CheckpointOptions } from '../../../shared/delta/checkpoint/checkpointWriter.js'
import { decodeLastCheckpoint } from '../../../shared/delta/checkpoint/lastCheckpoint.js'
import {
  classicCheckpointPath,
  commitPath,
  lastCheckpointPath,
  logFolder,
  sidecarFolder,
} from '../../../shared/delta/log/logName.js'
import { loadState } from '../../../shared/delta/snapshot/stateReader.js'
import { createTable } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { writeCheckpoint } from '../../../shared/delta/table/writeCheckpoint.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { bufferSource, openParquet } from '../../../shared/parquet/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { Row, StructType } from '../../../shared/types/index.js'
import { columnField, LogFixture } from '../logFixture.js'

const schema: StructType = { type: 'struct', fields: [columnField('id', 'long'), columnField('p-q', 'string')] }
const day = 24 * 60 * 60 * 1_000

function setUp() {
  const clock = new ManualClock()
  const store = new MemoryStore(clock)
  const table = new DeltaTable(store, { clock })
  const write = async (...actions: Action[]) => {
    const state = await table.state()
    const outcome = await table.commit({
      readVersion: state?.version ?? -1,
      actions,
      operation: 'WRITE',
      isBlindAppend: false,
      reads: readsNothing,
    })
    expect(outcome.kind).toBe('committed')
  }
  const create = () =>
    table.commit(createTable({ schema, partitionColumns: ['p-q'], createdTime: clock.now(), name: 'n' }))
  return { clock, store, table, write, create, reopen: () => new DeltaTable(store, { clock }) }
}

function add(path: string): Action {
  return {
    add: {
      path,
      partitionValues: { 'p-q': null },
      size: 10,
      modificationTime: 5,
      dataChange: true,
      stats: '{"numRecords":9223372036854775807}',
      tags: { a: 'b' },
    },
  }
}

function remove(path: string, deletionTimestamp: number): Action {
  return {
    remove: {
      path,
      dataChange: true,
      deletionTimestamp,
      extendedFileMetadata: true,
      partitionValues: { 'p-q': 'x' },
      size: 10,
    },
  }
}

test.each([
  [{}, 'ZSTD'],
  [{ 'delta.parquet.compression.codec': 'snappy' }, 'SNAPPY'],
  [{ 'delta.parquet.compression.codec': 'uncompressed' }, 'UNCOMPRESSED'],
] as const)('a checkpoint of a table with %o is compressed by %s', async (configuration, codec) => {
  const { store, table, clock } = setUp()
  await table.commit(createTable({ schema, configuration, createdTime: clock.now() }))
  expect(await table.writeCheckpoint()).toMatchObject({ kind: 'written' })
  const file = await openParquet(bufferSource((await store.get(classicCheckpointPath(0))) ?? new Uint8Array()))
  expect(new Set(file.layout().groups.flatMap(({ chunks }) => chunks.map(chunk => chunk.codec)))).toEqual(
    new Set([codec]),
  )
})

describe('a checkpoint', () => {
  test('stands in for the commits it was made of', async () => {
    const { clock, store, table, write, create, reopen } = setUp()
    await create()
    await write(add('a'), add('b'), { txn: { appId: 'x', version: 9007199254740993n, lastUpdated: 3 } })
    await write(remove('a', clock.now()), add('c%20d'), {
      domainMetadata: { domain: 'd', configuration: '{}', removed: false },
    })
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

  test('is made of the one before and the commits since: what these decided holds', async () => {
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

  test('names a file once, also when it came back after a checkpoint had its tombstone', async () => {
    const { clock, store, table, write, create } = setUp()
    await create()
    await write(add('a'))
    await write(remove('a', clock.now()))
    await table.writeCheckpoint()
    await write(add('a'))
    await table.writeCheckpoint()
    const file = await openParquet(bufferSource((await store.get(classicCheckpointPath(3))) ?? new Uint8Array()))
    const [adds, removes] = await file.readColumns({ columns: ['add', 'remove'] })
    expect(Array.from(adds?.data ?? []).filter(row => row !== null)).toHaveLength(1)
    expect(Array.from(removes?.data ?? []).filter(row => row !== null)).toEqual([])
  })

  test('forgets tombstones only after their time', async () => {
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

  test('does not take the pointer back when another writer has gone further', async () => {
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

  test("has Spark's columns in Spark's order, in Snappy", async () => {
    const { store, table, write, create } = setUp()
    await create()
    await write(add('a'))
    await table.writeCheckpoint()
    const file = await openParquet(bufferSource((await store.get(classicCheckpointPath(1))) ?? new Uint8Array()))
    expect(file.fields.map(field => field.name)).toEqual([
      'txn',
      'add',
      'remove',
      'metaData',
      'protocol',
      'domainMetadata',
    ])
    expect(file.rowCount).toBe(3)
  })
})

/** A table with partitions, nested columns, and the given properties and features. */
function wide(configuration: Readonly<Record<string, string>>, features: readonly string[] = []) {
  const fields = [
    columnField('id', 'long'),
    columnField('p q', 'date'),
    columnField('s', {
      type: 'struct',
      fields: [
        columnField('x', 'string'),
        columnField('list', { type: 'array', elementType: 'long', containsNull: true }),
      ],
    }),
    columnField('d', { type: 'decimal', precision: 38, scale: 2 }),
    columnField('t', 'timestamp'),
    columnField('b', 'boolean'),
  ]
  const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features }
  return new LogFixture({
    fields,
    partitionColumns: ['p q'],
    configuration,
    ...(features.length > 0 ? { protocol } : {}),
  })
}

const wideStats =
  '{"numRecords":9007199254740993,"minValues":{"id":-9223372036854775808,"s":{"x":"a"},"d":-0.01,"t":"2024-02-29T12:34:56.123Z"},' +
  '"maxValues":{"id":9223372036854775807,"s":{"x":"b\u{10ffff}"},"d":999999999999999999999999999999999999.99,"t":"2024-02-29T12:34:56.124Z"},' +
  '"nullCount":{"id":0,"s":{"x":1,"list":2},"d":0,"t":0,"b":3}}'

function wideAdd(path: string, more: Partial<AddFile> = {}): Action {
  return {
    add: {
      path,
      partitionValues: { 'p q': '2024-02-29' },
      size: 10,
      modificationTime: 5,
      dataChange: true,
      stats: wideStats,
      ...more,
    },
  }
}

async function addFields(store: MemoryStore, path: string) {
  const file = await openParquet(bufferSource((await store.get(path)) ?? new Uint8Array()))
  const type = file.fields.find(({ name }) => name === 'add')?.type
  return {
    file,
    names:
      type !== undefined && typeof type !== 'string' && type.type === 'struct'
        ? type.fields.map(({ name }) => name)
        : [],
  }
}

describe('statistics in a checkpoint', () => {
  const plain = [
    'path',
    'partitionValues',
    'size',
    'modificationTime',
    'dataChange',
    'tags',
    'deletionVector',
    'baseRowId',
    'defaultRowCommitVersion',
    'clusteringProvider',
  ]
  const [asJson, asStruct] = ['delta.checkpoint.writeStatsAsJson', 'delta.checkpoint.writeStatsAsStruct']

  test.each([
    [{}, ['stats']],
    [{ [asStruct]: 'true' }, ['stats', 'partitionValues_parsed', 'stats_parsed']],
    [{ [asJson]: 'false', [asStruct]: 'true' }, ['partitionValues_parsed', 'stats_parsed']],
    // Nothing would be left of them else.
    [{ [asJson]: 'false' }, ['partitionValues_parsed', 'stats_parsed']],
    [{ [asJson]: 'false', [asStruct]: 'false' }, []],
  ])('with %j are %j', async (configuration, columns) => {
    const t = wide(configuration)
    await t.commit(wideAdd('a'))
    await writeCheckpoint(t.store, 0)
    expect((await addFields(t.store, classicCheckpointPath(0))).names).toEqual([...plain, ...columns])
  })

  test('come back the same from a struct alone, to the last digit', async () => {
    const t = wide({ [asJson]: 'false', [asStruct]: 'true' })
    await t.commit(
      wideAdd('a'),
      wideAdd('b', { stats: '{"numRecords":1}', partitionValues: { 'p q': null } }),
      wideAdd('c', { stats: undefined }),
    )
    await writeCheckpoint(t.store, 0)
    await t.store.delete(commitPath(0))
    expect(
      (await t.snapshot()).files.map(({ path, stats, partitionValues }) => [path, stats, partitionValues['p q']]),
    ).toEqual([
      ['a', wideStats, '2024-02-29'],
      ['b', '{"numRecords":1}', null],
      ['c', undefined, '2024-02-29'],
    ])
  })

  test('that cannot be read are null, and no reason to fail', async () => {
    const t = wide({ [asStruct]: 'true' })
    await t.commit(
      wideAdd('a', { stats: '{"numRecords":' }),
      wideAdd('b', { stats: '{"numRecords":1,"minValues":{"id":"x"}}', partitionValues: { 'p q': 'never' } }),
    )
    await writeCheckpoint(t.store, 0)
    const { file } = await addFields(t.store, classicCheckpointPath(0))
    const [column] = await file.readColumns({ columns: ['add'] })
    const rows = Array.from(column?.data ?? []).flatMap(row => (row === null ? [] : [row as Row]))
    expect(rows.map(row => [row['partitionValues_parsed'], row['stats_parsed']])).toEqual([
      [{ 'p q': 19782 }, null],
      [
        { 'p q': null },
        { numRecords: 1n, minValues: { id: null, s: null, d: null, t: null }, maxValues: null, nullCount: null },
      ],
    ])
  })

  test('have the physical names of a mapped table, and say how tight they are where vectors may be', async () => {
    const physical = { 'delta.columnMapping.id': 1, 'delta.columnMapping.physicalName': 'col-1' }
    const features = ['columnMapping', 'deletionVectors']
    const t = new LogFixture({
      fields: [columnField('id', 'long', physical)],
      configuration: { 'delta.columnMapping.mode': 'name', [asStruct]: 'true' },
      protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features },
    })
    await t.commit({
      add: {
        path: 'a',
        partitionValues: {},
        size: 1,
        modificationTime: 1,
        dataChange: true,
        stats: '{"numRecords":2,"minValues":{"col-1":5},"tightBounds":false}',
      },
    })
    await writeCheckpoint(t.store, 0)
    const { file } = await addFields(t.store, classicCheckpointPath(0))
    const [column] = await file.readColumns({ columns: ['add'] })
    expect((column?.data.at(-1) as Row)['stats_parsed']).toEqual({
      numRecords: 2n,
      minValues: { 'col-1': 5n },
      maxValues: null,
      nullCount: null,
      tightBounds: false,
    })
  })
})

describe('a V2 checkpoint', () => {
  const features = ['v2Checkpoint', 'domainMetadata']
  const v2 = { 'delta.checkpointPolicy': 'v2' }

  /** Nine files and a tombstone in two commits; only the checkpoint is left to read. */
  async function written(options: CheckpointOptions = {}, configuration: Readonly<Record<string, string>> = v2) {
    const t = new LogFixture({
      fields: [columnField('id', 'long')],
      configuration,
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['v2Checkpoint'],
        writerFeatures: features,
      },
    })
    const file = (i: number): Action => ({
      add: {
        path: `${i}`,
        partitionValues: {},
        size: 10,
        modificationTime: 5,
        dataChange: true,
        stats: '{"numRecords":1}',
      },
    })
    await t.commit(...Array.from({ length: 10 }, (_, i) => file(i)), {
      txn: { appId: 'x', version: 9007199254740993n },
    })
    await t.commit(
      { remove: { path: '3', dataChange: true, deletionTimestamp: 1, size: 10 } },
      { domainMetadata: { domain: 'd', configuration: '{}', removed: false } },
    )
    expect(await writeCheckpoint(t.store, 0, options)).toMatchObject({ kind: 'written', version: 1, numFiles: 9 })
    const names: string[] = []
    for await (const { path } of t.store.list(logFolder)) names.push(path)
    return { t, names, hint: decodeLastCheckpoint(new TextDecoder().decode(await t.store.get(lastCheckpointPath))) }
  }

  test.each(['json', 'parquet'] as const)(
    'in %s stands in for the commits, its files in sidecars of the size asked for',
    async format => {
      const { t, names } = await written({ format, sidecarActions: 4 })
      expect(names.filter(name => name.startsWith(sidecarFolder))).toHaveLength(3)
      expect(names.filter(name => new RegExp(`1\\.checkpoint\\.[0-9a-f-]{36}\\.${format}$`).test(name))).toHaveLength(1)
      expect(names).not.toContain(classicCheckpointPath(1))
      for (const version of [0, 1]) await t.store.delete(commitPath(version))
      const snapshot = await t.snapshot()
      expect(snapshot.files.map(file => file.path).join('')).toBe('012456789')
      expect(snapshot.tombstones.map(file => file.path)).toEqual(['3'])
      expect(snapshot.txns.get('x')?.version).toBe(9007199254740993n)
      expect(snapshot.domains.get('d')?.configuration).toBe('{}')
      expect((await loadState(t.store))?.version).toBe(1)
      expect(await writeCheckpoint(t.store, 0)).toEqual({ kind: 'exists', version: 1 })
    },
  )

  test('is reported in the hint as Spark does it', async () => {
    const { names, hint } = await written({ sidecarActions: 6 })
    if (hint.kind !== 'valid') throw new Error(hint.why)
    const { version, size, numOfAddFiles, v2Checkpoint } = hint.checkpoint
    // Nine adds and a tombstone; protocol, metadata, transaction, domain, the checkpoint's metadata and two sidecars.
    expect({ version, size, numOfAddFiles }).toEqual({ version: 1, size: 17, numOfAddFiles: 9 })
    const { path, sizeInBytes, nonFileActions, sidecarFiles } = v2Checkpoint as unknown as {
      path: string
      sizeInBytes: number
      nonFileActions: readonly object[]
      sidecarFiles: readonly { path: string; sizeInBytes: number }[]
    }
    expect(names).toContain(logFolder + path)
    expect(sizeInBytes).toBeGreaterThan(0)
    expect(nonFileActions.map(action => Object.keys(action)[0])).toEqual([
      'protocol',
      'metaData',
      'txn',
      'domainMetadata',
      'checkpointMetadata',
    ])
    expect(sidecarFiles.map(file => sidecarFolder + file.path).sort()).toEqual(
      names.filter(name => name.startsWith(sidecarFolder)).sort(),
    )
  })

  test('is not written where the table does not want it, and refused where it must not have it', async () => {
    expect((await written({}, {})).names).toContain(classicCheckpointPath(1))
    const t = wide({ 'delta.checkpointPolicy': 'v2' })
    await t.commit(wideAdd('a'))
    await expect(writeCheckpoint(t.store, 0, { kind: 'v2' })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_FEATURE',
    })
    await writeCheckpoint(t.store, 0)
    expect(await t.store.head(classicCheckpointPath(0))).toBeDefined()
  })

  test('of a table without files has no sidecar', async () => {
    const t = wide(v2, features)
    await t.commit()
    await writeCheckpoint(t.store, 0)
    await t.store.delete(commitPath(0))
    expect((await t.snapshot()).files).toEqual([])
  })

  test('is passed over with a missing sidecar, by every reader', async () => {
    const { t, names } = await written({ sidecarActions: 6 })
    await t.store.delete(names.find(name => name.startsWith(sidecarFolder)) ?? '')
    expect((await t.snapshot()).numFiles).toBe(9)
    await t.commit(wideAdd('z'))
    expect(await writeCheckpoint(t.store, 0)).toMatchObject({ kind: 'written', version: 2, numFiles: 10 })
    await t.store.delete(commitPath(0))
    await t.store.delete(commitPath(1))
    expect((await t.snapshot()).numFiles).toBe(10)
  })

  test('leaves no sidecar behind when it cannot be finished', async () => {
    const { t } = await written({}, {})
    await t.commit(wideAdd('z'))
    const faults = new Faults().add({
      on: 'putIfAbsent',
      path: path => path.startsWith(sidecarFolder),
      after: 1,
      fault: { kind: 'fail' },
    })
    await expect(
      writeCheckpoint(new FaultyStore(t.store, faults, t.clock), 0, { kind: 'v2', sidecarActions: 4 }),
    ).rejects.toThrow(/Planned fault/)
    const left: string[] = []
    for await (const { path } of t.store.list(sidecarFolder)) left.push(path)
    expect(left).toEqual([])
  })
})

describe('two writers of one checkpoint', () => {
  test('never take a whole checkpoint from under its readers', async () => {
    const t = wide({})
    await t.commit(wideAdd('a'))
    const faults = new Faults()
    let first: Uint8Array | undefined
    const other = async () => {
      await writeCheckpoint(t.store, 0)
      first = await t.store.get(classicCheckpointPath(0))
    }
    faults.add({ on: 'putIfAbsent', fault: { kind: 'interleave', first: other } })
    // With another expiry its bytes would be others.
    expect(await writeCheckpoint(new FaultyStore(t.store, faults, t.clock), 1e15)).toEqual({
      kind: 'exists',
      version: 0,
    })
    expect(first).toBeDefined()
    expect(await t.store.get(classicCheckpointPath(0))).toEqual(first)
  })

  test('keep to that with one too large to be held, too', async () => {
    const store = new MemoryStore()
    const slow = new CheckpointUpload(store, 'x')
    await slow.write(new Uint8Array(9 * 2 ** 20).fill(1))
    await slow.write(Uint8Array.of(2))
    await store.put('x', Uint8Array.of(7))
    expect(await slow.close()).toBe('exists')
    expect(await store.get('x')).toEqual(Uint8Array.of(7))
    const alone = new CheckpointUpload(store, 'y')
    await alone.write(new Uint8Array(9 * 2 ** 20).fill(1))
    await alone.write(Uint8Array.of(2))
    expect(await alone.close()).toBe('created')
    expect((await store.get('y'))?.length).toBe(9 * 2 ** 20 + 1)
  })
})
