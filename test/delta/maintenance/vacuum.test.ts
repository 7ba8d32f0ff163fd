import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { removedFile } from '../../../shared/delta/actions/removedFile.js'
import { RoaringBitmap } from '../../../shared/delta/deletionVectors/roaringBitmap.js'
import { encodeZ85 } from '../../../shared/delta/deletionVectors/z85.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import { NeededFiles } from '../../../shared/delta/maintenance/neededFiles.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { vacuumTable } from '../../../shared/delta/maintenance/vacuum.js'
import { isVacuumable } from '../../../shared/delta/maintenance/vacuumScope.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { writeDeletionVectors } from '../../../shared/delta/write/deletionVectorWriter.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { RowTable } from './rowTable.js'

const day = 86_400_000

const removeOf = (t: RowTable, { path, size, partitionValues }: AddFile): Action => ({
  remove: {
    path,
    size,
    partitionValues,
    dataChange: true,
    deletionTimestamp: t.clock.now(),
    extendedFileMetadata: true,
  },
})

async function compacted(): Promise<RowTable> {
  const t = await RowTable.create()
  for (let i = 0; i < 3; i++) await t.append([i])
  await optimizeTable(t.table, { clock: t.clock })
  return t
}

describe('vacuum', () => {
  test('keeps removed files as long as the table says, then deletes them and nothing else', async () => {
    const t = await compacted()
    const rows = await t.rows()
    t.clock.advance(6 * day)
    expect(await vacuumTable(t.table, { clock: t.clock, log: false })).toEqual({
      kind: 'vacuumed',
      version: 4,
      files: 0,
      bytes: 0,
      more: false,
    })
    t.clock.advance(2 * day)
    const log = (await t.objects()).filter(name => name.startsWith('_delta_log/'))
    expect(await vacuumTable(t.table, { clock: t.clock, dryRun: true })).toMatchObject({ kind: 'planned', files: 3 })
    expect(await t.dataFiles()).toHaveLength(4)
    expect(await vacuumTable(t.table, { clock: t.clock, log: false })).toMatchObject({ kind: 'vacuumed', files: 3 })
    expect(await t.dataFiles()).toHaveLength(1)
    expect(await t.rows()).toEqual(rows)
    expect((await t.objects()).filter(name => name.startsWith('_delta_log/'))).toEqual(log)
  })

  test('keeps a file that was removed lately although it is old, and an orphan that is young', async () => {
    const t = await RowTable.create()
    const old = await t.append([1])
    t.clock.advance(30 * day)
    await t.commit([removeOf(t, old)], t.table, false)
    const inFlight = await t.write([2])
    expect(await vacuumTable(t.table, { clock: t.clock })).toMatchObject({ files: 0 })
    expect(await t.dataFiles()).toEqual([inFlight.path, old.path].sort())
  })

  test('keeps the deletion vector of a file that was removed lately, also where only a checkpoint still records it', async () => {
    const t = await RowTable.create({
      configuration: { 'delta.enableDeletionVectors': 'true' },
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['deletionVectors'],
        writerFeatures: ['deletionVectors', 'appendOnly', 'invariants'],
      },
    })
    const commit = async (actions: readonly Action[]) => {
      const state = await t.table.state({ fresh: true })
      const outcome = await t.table.commit({
        readVersion: state?.version ?? -1,
        actions,
        operation: 'WRITE',
        isBlindAppend: false,
        reads: readsNothing,
        keeps: ['deletionVectors'],
      })
      expect(outcome.kind).toBe('committed')
    }
    const add = await t.write([1, 2])
    await commit([{ add }])
    const marked = await writeDeletionVectors(
      t.store,
      [{ file: add, deleted: RoaringBitmap.of([0]), rows: 2 }],
      t.clock.now(),
    )
    await commit(marked.actions)
    t.clock.advance(30 * day)
    const [file] = await t.files()
    if (file?.deletionVector === undefined) throw new Error('no vector')
    await commit([{ remove: removedFile(file, t.clock.now()) }])
    await t.table.writeCheckpoint()
    for (let version = 0; version < 4; version++) await t.store.delete(commitPath(version))
    expect((await t.other().snapshot())?.tombstones).toMatchObject([
      { path: add.path, deletionVector: file.deletionVector },
    ])
    const vectors = (await t.objects()).filter(name => name.endsWith('.bin'))
    expect(vectors).toHaveLength(1)
    await vacuumTable(t.other(), { clock: t.clock })
    expect((await t.objects()).filter(name => name.endsWith('.bin'))).toEqual(vectors)
  })

  test.each(['at once', 'after a checkpoint'])(
    'keeps what a writer removed whose clock is ten days behind (%s)',
    async when => {
      const t = await RowTable.create()
      const old = await t.append([1])
      t.clock.advance(30 * day)
      await t.append([2])
      const slow = new ManualClock(t.clock.now() - 10 * day)
      const remove = {
        path: old.path,
        size: old.size,
        partitionValues: old.partitionValues,
        dataChange: true,
        deletionTimestamp: slow.now(),
      }
      await t.commit([{ remove }], new DeltaTable(t.store, { clock: slow }), false)
      if (when === 'after a checkpoint') {
        await t.table.writeCheckpoint()
        for (let version = 0; version < 3; version++) await t.store.delete(commitPath(version))
      }
      expect(await vacuumTable(t.other(), { clock: t.clock })).toMatchObject({ files: 0 })
      expect(await t.dataFiles()).toContain(old.path)
      t.clock.advance(8 * day)
      expect(await vacuumTable(t.other(), { clock: t.clock })).toMatchObject({ files: 1 })
    },
  )

  test('by a host whose clock is ahead deletes neither what was removed lately nor what is being uploaded', async () => {
    const t = await compacted()
    const inFlight = await t.write([9])
    const ahead = new ManualClock(t.clock.now() + 40 * day)
    expect(await vacuumTable(new DeltaTable(t.store, { clock: ahead }), { clock: ahead })).toMatchObject({ files: 0 })
    await new DeltaTable(t.store, { clock: ahead }).writeCheckpoint()
    expect(await t.dataFiles()).toContain(inFlight.path)
    expect((await t.other().snapshot())?.tombstones).toHaveLength(3)
  })

  test.each([
    ['the host', 10],
    ['the storage', -10],
  ])('keeps an old file that was removed lately where the clock of %s is ahead', async (_, days) => {
    const clock = new ManualClock()
    const storage = new ManualClock(clock.now() - Math.min(0, days) * day)
    const t = await RowTable.create({}, undefined, clock, new MemoryStore(storage))
    const old = await t.append([1])
    for (const one of [clock, storage]) one.advance(30 * day)
    await t.commit([removeOf(t, old)], t.table, false)
    const host = new ManualClock(clock.now() + Math.max(0, days) * day)
    expect(await vacuumTable(new DeltaTable(t.store, { clock: host }), { clock: host })).toMatchObject({ files: 0 })
    expect(await t.dataFiles()).toEqual([old.path])
  })

  test('keeps an old change file that a commit names which a follower has still to read', async () => {
    const t = await RowTable.create({ configuration: { 'delta.enableChangeDataFeed': 'true' } })
    const path = '_change_data/cdc-1.parquet'
    await t.store.put(path, new Uint8Array(3))
    await t.append([1])
    await t.commit([{ cdc: { path, partitionValues: { p: 'a' }, size: 3, dataChange: false } }], t.table, false)
    t.clock.advance(30 * day)
    expect(await vacuumTable(t.table, { clock: t.clock, lowWatermark: 2, dryRun: true })).toMatchObject({ files: 0 })
    expect(await vacuumTable(t.table, { clock: t.clock, lowWatermark: 3, dryRun: true })).toMatchObject({ files: 1 })
  })

  test('deletes orphans of commits that never were', async () => {
    const t = await RowTable.create()
    await t.write([1])
    const live = await t.append([2])
    t.clock.advance(8 * day)
    expect(await vacuumTable(t.table, { clock: t.clock })).toMatchObject({ files: 1 })
    expect(await t.dataFiles()).toEqual([live.path])
  })

  test('works from a checkpoint whose commits are gone', async () => {
    const t = await compacted()
    await t.table.writeCheckpoint()
    for (let version = 0; version < 4; version++) await t.store.delete(commitPath(version))
    t.clock.advance(8 * day)
    expect(await vacuumTable(t.other(), { clock: t.clock })).toMatchObject({ files: 3 })
    expect(await t.rows()).toHaveLength(3)
  })

  test("wants force for less than the table's retention, and then keeps to what is asked", async () => {
    const t = await compacted()
    t.clock.advance(2 * day)
    await expect(vacuumTable(t.table, { clock: t.clock, retentionMs: day })).rejects.toThrow(
      /24 hours only.*168 hours.*force/,
    )
    expect(await vacuumTable(t.table, { clock: t.clock, retentionMs: 3 * day, force: true })).toMatchObject({
      files: 0,
    })
    expect(await vacuumTable(t.table, { clock: t.clock, retentionMs: day, force: true })).toMatchObject({ files: 3 })
  })

  test("takes the table's own retention, and deletes nothing where that makes no sense", async () => {
    for (const [text, files] of [
      ['interval 1 day', 3],
      ['interval 1 year', 0],
    ] as const) {
      const t = await RowTable.create()
      const metadata = (await t.table.state())?.metadata
      if (metadata === undefined) throw new Error('no table')
      // As another engine may have left it: here it would be refused.
      await t.commit([{ metaData: { ...metadata, configuration: { 'delta.deletedFileRetentionDuration': text } } }])
      for (let i = 0; i < 3; i++) await t.append([i])
      await optimizeTable(t.table, { clock: t.clock })
      t.clock.advance(2 * day)
      expect(await vacuumTable(t.table, { clock: t.clock })).toMatchObject({ files })
    }
  })

  test('keeps what the commits name that a follower has still to read, however old', async () => {
    const t = await RowTable.create()
    const adds = [await t.append([1]), await t.append([2]), await t.append([3])]
    for (const add of adds) await t.commit([removeOf(t, add)], t.table, false)
    t.clock.advance(30 * day)
    expect(await vacuumTable(t.table, { clock: t.clock, lowWatermark: 0, dryRun: true })).toMatchObject({ files: 0 })
    expect(await vacuumTable(t.table, { clock: t.clock, lowWatermark: 6, dryRun: true })).toMatchObject({ files: 2 })
    expect(await vacuumTable(t.table, { clock: t.clock, lowWatermark: 7, dryRun: true })).toMatchObject({ files: 3 })
    await t.table.writeCheckpoint()
    for (let version = 0; version <= 4; version++) await t.store.delete(commitPath(version))
    expect(await vacuumTable(t.other(), { clock: t.clock, lowWatermark: 0, dryRun: true })).toMatchObject({ files: 1 })
  })

  test('does not keep for a follower what was only put elsewhere since', async () => {
    const t = await compacted()
    t.clock.advance(30 * day)
    expect(await vacuumTable(t.table, { clock: t.clock, lowWatermark: 4, dryRun: true })).toMatchObject({ files: 3 })
    expect(await vacuumTable(t.table, { clock: t.clock, lowWatermark: 2, dryRun: true })).toMatchObject({ files: 1 })
  })

  test('never touches a file that a commit names while it is at work', async () => {
    const t = await RowTable.create()
    const slow = await t.write([7])
    const lost = await t.write([8])
    await t.append([1])
    t.clock.advance(9 * day)
    const faults = new Faults()
    const table = new DeltaTable(new FaultyStore(t.store, faults, t.clock), { clock: t.clock })
    // The listing is under way: the list of live files has been read by then.
    faults.add({
      on: 'list',
      path: prefix => prefix === '',
      fault: {
        kind: 'interleave',
        first: async () => {
          await t.commit([{ add: slow }], t.other())
        },
      },
    })
    expect(await vacuumTable(table, { clock: t.clock })).toMatchObject({ files: 1 })
    expect(faults.struck).toBe(1)
    expect(await t.dataFiles()).not.toContain(lost.path)
    expect(await t.rows()).toEqual(['a/1:row 1', 'a/7:row 7'])
  })

  test('deletes the rest at the next call when a deletion fails or the bound is reached', async () => {
    const t = await compacted()
    t.clock.advance(8 * day)
    const faults = new Faults().add({ on: 'delete', fault: { kind: 'fail' } })
    const table = new DeltaTable(new FaultyStore(t.store, faults, t.clock), { clock: t.clock })
    await expect(vacuumTable(table, { clock: t.clock })).rejects.toThrow(/Planned fault/)
    expect((await t.rows()).length).toBe(3)
    await t.write([5])
    await t.write([6])
    t.clock.advance(8 * day)
    expect(await vacuumTable(table, { clock: t.clock, maxFiles: 1 })).toMatchObject({ files: 1, more: true })
    expect(await vacuumTable(table, { clock: t.clock })).toMatchObject({ more: false })
    expect(await t.dataFiles()).toHaveLength(1)
  })

  test('keeps files under every spelling of their path, and deletion vectors of live files', () => {
    const needed = new NeededFiles('https://account.blob.core.windows.net/lake/table')
    const add = (path: string, vector?: AddFile['deletionVector']): Action => ({
      add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, deletionVector: vector },
    })
    const uuid = Buffer.from('d2c639aa8816431aaaf6d3fe2512ff61', 'hex')
    needed.take([
      add('p=a%2520b/x%2By.parquet'),
      add('https://account.blob.core.windows.net/lake/table/in/side.parquet'),
      add('abfss://lake@account.dfs.core.windows.net/table/other/spelling.parquet'),
      add('v.parquet', {
        storageType: 'u',
        pathOrInlineDv: `ab${encodeZ85(uuid)}`,
        offset: 1,
        sizeInBytes: 36,
        cardinality: 2n,
      }),
      add('i.parquet', {
        storageType: 'i',
        pathOrInlineDv: 'wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L',
        sizeInBytes: 40,
        cardinality: 6n,
      }),
    ])
    for (const name of [
      'p=a%20b/x+y.parquet',
      'in/side.parquet',
      'other/spelling.parquet',
      'v.parquet',
      'i.parquet',
      'ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin',
    ])
      expect(needed.has(name), name).toBe(true)
    expect(needed.has('p=a%2520b/x%2By.parquet')).toBe(false)
  })

  test.each([
    ['part-1.parquet', true],
    ['ab/deletion_vector_x.bin', true],
    ['_delta_log/00000000000000000000.json', false],
    ['_delta_log/_sidecars/x.parquet', false],
    ['_change_data/cdc-1.parquet', true],
    ['_hidden/part.parquet', false],
    ['.tmp/part.parquet', false],
    ['a/_SUCCESS', false],
    ['_day=1/part.parquet', true],
    ['_other=1/part.parquet', false],
    ['_day=1', false],
    ['_change_data', false],
  ])('may look at %s: %s', (path, may) => {
    expect(isVacuumable(path, ['_day'])).toBe(may)
  })

  test('records its start and its end in the log as Spark does, and its end with transactions when asked', async () => {
    const t = await compacted()
    await t.write([9])
    t.clock.advance(8 * day)
    expect(
      await vacuumTable(t.table, { clock: t.clock, record: { txns: [{ appId: 'vacuum', version: 9n }] } }),
    ).toMatchObject({ version: 6, files: 4 })
    const [end, start] = await t.table.history(2)
    const sizes = Number((start?.operationMetrics as Record<string, string>)['sizeOfDataToDelete'])
    expect(start).toMatchObject({
      operation: 'VACUUM START',
      operationParameters: { retentionCheckEnabled: true, defaultRetentionMillis: 7 * day },
      operationMetrics: { numFilesToDelete: '4' },
    })
    expect(sizes).toBeGreaterThan(0)
    expect(end).toMatchObject({
      operation: 'VACUUM END',
      operationParameters: { status: 'COMPLETED' },
      operationMetrics: { numDeletedFiles: '4', numVacuumedDirectories: expect.stringMatching(/^\d+$/) as string },
    })
    expect((await t.table.state())?.txns.get('vacuum')?.version).toBe(9n)
  })

  test('says which retention was asked for, and that it was not checked', async () => {
    const t = await compacted()
    t.clock.advance(8 * day)
    await vacuumTable(t.table, { clock: t.clock, retentionMs: 0, force: true })
    const [, start] = await t.table.history(2)
    expect(start?.operationParameters).toEqual({
      retentionCheckEnabled: false,
      defaultRetentionMillis: 7 * day,
      specifiedRetentionMillis: 0,
    })
  })

  test('leaves the log alone when it is not to be recorded, and on a dry run', async () => {
    const t = await compacted()
    t.clock.advance(8 * day)
    expect(await vacuumTable(t.table, { clock: t.clock, dryRun: true })).toMatchObject({
      kind: 'planned',
      version: 4,
      files: 3,
    })
    expect(await vacuumTable(t.table, { clock: t.clock, log: false })).toMatchObject({
      kind: 'vacuumed',
      version: 4,
      files: 3,
    })
    expect((await t.other().state())?.version).toBe(4)
  })

  test('records that it failed, and fails with the reason', async () => {
    const t = await compacted()
    t.clock.advance(8 * day)
    const faults = new Faults().add({ on: 'delete', fault: { kind: 'fail' } })
    const table = new DeltaTable(new FaultyStore(t.store, faults, t.clock), { clock: t.clock })
    await expect(vacuumTable(table, { clock: t.clock })).rejects.toThrow(/Planned fault/)
    expect(
      (await t.other().history(2)).map(({ operation, operationParameters }) => [
        operation,
        (operationParameters as Record<string, unknown>)['status'],
      ]),
    ).toEqual([
      ['VACUUM END', 'FAILED'],
      ['VACUUM START', undefined],
    ])
  })

  test('refuses a table with a writer feature that it does not know', async () => {
    const t = await compacted()
    t.clock.advance(8 * day)
    await t.store.put(
      commitPath(5),
      new TextEncoder().encode(
        '{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["newest"]}}\n',
      ),
    )
    await expect(vacuumTable(t.table, { clock: t.clock })).rejects.toMatchObject({ code: 'DELTA_UNSUPPORTED_FEATURE' })
    expect(await t.dataFiles()).toHaveLength(4)
  })
})
