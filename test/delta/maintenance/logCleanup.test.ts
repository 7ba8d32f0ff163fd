import { describe, expect, test } from 'vitest'

import { encodeAction } from '../../../shared/delta/actions/actionCodec.js'
import {
  checksumPath,
  classicCheckpointPath,
  commitPath,
  compactedPath,
  logFolder,
  sidecarFolder,
  v2CheckpointPath,
} from '../../../shared/delta/log/logName.js'
import { writeCompactedLog } from '../../../shared/delta/maintenance/compactedLog.js'
import { cleanLog } from '../../../shared/delta/maintenance/logCleanup.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { RowTable } from './rowTable.js'

const day = 86_400_000

/** A day a version, a checkpoint of every fifth: versions 0 to `last`. */
async function aged(last: number, configuration: Record<string, string> = {}): Promise<RowTable> {
  const t = await RowTable.create({ configuration })
  for (let version = 1; version <= last; version++) {
    t.clock.advance(day)
    await t.append([version])
    if (version % 5 === 0) await t.table.writeCheckpoint()
  }
  return t
}

async function logNames(t: RowTable): Promise<readonly string[]> {
  return (await t.objects()).filter(name => name.startsWith(`${logFolder}0`))
}

describe('log clean-up', () => {
  test('deletes what a checkpoint as old as the retention stands in for, and keeps that checkpoint with its commit', async () => {
    const t = await aged(42)
    await writeCompactedLog(t.store, { from: 6, to: 8 })
    await writeCompactedLog(t.store, { from: 10, to: 12 })
    await writeCompactedLog(t.store, { from: 11, to: 13 })
    const rows = await t.rows()
    // Version 12 is thirty days old: 10 is the newest checkpoint up to it.
    const dry = await cleanLog(t.table, { dryRun: true })
    expect(dry).toMatchObject({ kind: 'planned', oldest: 10 })
    expect(await logNames(t)).toContain(commitPath(0))
    expect(await cleanLog(t.table)).toEqual({ ...dry, kind: 'cleaned' })
    const names = await logNames(t)
    expect(names[0]?.slice(logFolder.length, logFolder.length + 20)).toBe('00000000000000000010')
    expect(names).toEqual(
      expect.arrayContaining([
        commitPath(10),
        classicCheckpointPath(10),
        checksumPath(10),
        compactedPath({ from: 11, to: 13 }),
      ]),
    )
    expect(names).not.toContain(compactedPath({ from: 10, to: 12 }))
    expect(await t.rows()).toEqual(rows)
    for (const version of [10, 11, 12, 42]) expect((await t.other().snapshot({ version }))?.numFiles).toBe(version)
    await expect(t.other().snapshot({ version: 9 })).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
    expect(await cleanLog(t.table)).toEqual({ kind: 'nothingToDo' })
  })

  test('never passes a version that a follower has still to read', async () => {
    const t = await aged(42)
    expect(await cleanLog(t.table, { lowWatermark: 9 })).toMatchObject({ kind: 'cleaned', oldest: 5 })
    expect(await logNames(t)).toContain(commitPath(9))
    expect(await cleanLog(t.table, { lowWatermark: 0 })).toEqual({ kind: 'nothingToDo' })
  })

  test("keeps to the table's properties", async () => {
    const off = await aged(42, { 'delta.enableExpiredLogCleanup': 'false' })
    expect(await cleanLog(off.table)).toEqual({ kind: 'disabled' })
    expect(await cleanLog(off.table, { force: true })).toMatchObject({ kind: 'cleaned', oldest: 10 })
    const week = await aged(22, { 'delta.logRetentionDuration': 'interval 1 week' })
    expect(await cleanLog(week.table)).toMatchObject({ kind: 'cleaned', oldest: 15 })
  })

  test('keeps a young version although the ones after it are dated long ago', async () => {
    const t = await RowTable.create()
    t.clock.advance(100 * day)
    for (let version = 1; version <= 5; version++) await t.append([version])
    t.clock.advance(-90 * day)
    for (let version = 6; version <= 10; version++) await t.append([version])
    await t.table.writeCheckpoint()
    t.clock.advance(95 * day)
    expect(await cleanLog(t.table)).toEqual({ kind: 'nothingToDo' })
    t.clock.advance(30 * day)
    expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 10 })
  })

  test('is not held up by a version that was dated in the future', async () => {
    const t = await aged(20)
    t.clock.advance(400 * day)
    await t.append([21])
    t.clock.advance(-399 * day)
    for (let version = 22; version <= 42; version++) {
      await t.append([version])
      if (version % 5 === 0) await t.table.writeCheckpoint()
      t.clock.advance(day)
    }
    expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 10 })
    t.clock.advance(10 * day)
    expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 20 })
    t.clock.advance(6 * day)
    expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 25 })
  })

  test('goes by the time in the commit where the table keeps it', async () => {
    const t = await aged(42, { 'delta.enableInCommitTimestamps': 'true' })
    const other = await RowTable.create()
    // Copied with old dates: the files say nothing then.
    for (const name of await logNames(t)) await other.store.put(name, (await t.store.get(name)) ?? new Uint8Array())
    other.clock.advance(42 * day)
    expect(await cleanLog(other.table)).toMatchObject({ kind: 'cleaned', oldest: 10 })
  })

  test('deletes nothing on the word of a checkpoint that cannot be read', async () => {
    const t = await aged(42)
    await t.store.put(classicCheckpointPath(10), new TextEncoder().encode('PAR1 torn PAR1'))
    expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 5 })
    await t.store.put(classicCheckpointPath(5), new Uint8Array())
    expect(await cleanLog(t.table)).toEqual({ kind: 'nothingToDo' })
    await t.rows()
  })

  test.each(['protocol', 'metaData'])('deletes nothing on the word of a checkpoint that has no %s', async missing => {
    const t = await aged(42)
    const state = await t.table.state()
    if (state === undefined) throw new Error('no table')
    const actions = [
      { checkpointMetadata: { version: 10 } },
      missing === 'protocol' ? { metaData: state.metadata } : { protocol: state.protocol },
    ] as const
    await t.store.delete(classicCheckpointPath(10))
    await t.store.put(
      v2CheckpointPath(10, '80a083e8-7026-4e79-81be-64bd76c43a11', 'json'),
      Buffer.from(actions.map(action => `${encodeAction(action)}\n`).join('')),
    )
    expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 5 })
  })

  test('protected checkpoints go only with all the history that they hide, and after its commits', async () => {
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['checkpointProtection'] }
    for (const [before, outcome] of [
      ['12', { kind: 'nothingToDo' }],
      ['10', { kind: 'cleaned', oldest: 10 }],
      ['soon', { kind: 'nothingToDo' }],
    ] as const) {
      const t = await aged(42)
      const state = await t.table.state()
      if (state === undefined) throw new Error('no table')
      const configuration = { 'delta.requireCheckpointProtectionBeforeVersion': before }
      await t.commit([{ protocol }, { metaData: { ...state.metadata, configuration } }])
      const faults = new Faults().add({ on: 'delete', after: 3, times: 1_000, fault: { kind: 'fail' } })
      const table = new DeltaTable(new FaultyStore(t.store, faults, t.clock), { clock: t.clock })
      if (outcome.kind === 'cleaned') {
        await expect(cleanLog(table)).rejects.toThrow(/Planned fault/)
        const names = await logNames(t)
        expect(names).toContain(classicCheckpointPath(5))
      }
      expect(await cleanLog(t.table)).toMatchObject(outcome)
      expect((await logNames(t)).includes(classicCheckpointPath(5))).toBe(outcome.kind !== 'cleaned')
    }
  })

  test('deletes the sidecars of checkpoints that go, and neither those of one that stays nor young ones that nobody names yet', async () => {
    const names = ['v2Checkpoint', 'appendOnly', 'invariants']
    const t = await RowTable.create({
      configuration: { 'delta.checkpointPolicy': 'v2' },
      protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['v2Checkpoint'], writerFeatures: names },
    })
    const sidecars = async () => (await t.objects()).filter(name => name.startsWith(sidecarFolder))
    const after = new Map<number, readonly string[]>()
    for (let version = 1; version <= 42; version++) {
      t.clock.advance(day)
      await t.append([version])
      if (version % 5 !== 0) continue
      const before = await sidecars()
      await t.table.writeCheckpoint()
      after.set(
        version,
        (await sidecars()).filter(name => !before.includes(name)),
      )
    }
    await t.store.put(`${sidecarFolder}of-one-being-written.parquet`, new Uint8Array(3))
    const rows = await t.rows()
    expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 10 })
    const left = await sidecars()
    expect(left).toContain(`${sidecarFolder}of-one-being-written.parquet`)
    expect(after.get(5)).toHaveLength(1)
    for (const [version, own] of after)
      for (const name of own) expect(left.includes(name), `${version}`).toBe(version >= 10)
    expect(await t.rows()).toEqual(rows)
    expect((await t.other().snapshot({ version: 12 }))?.numFiles).toBe(12)
    t.clock.advance(2 * day)
    await cleanLog(t.table)
    expect(await sidecars()).not.toContain(`${sidecarFolder}of-one-being-written.parquet`)
  })

  test('leaves a whole log when it is interrupted anywhere', async () => {
    for (let after = 0; after < 11; after += 3) {
      const t = await aged(42)
      const faults = new Faults().add({ on: 'delete', after, times: 1_000, fault: { kind: 'fail' } })
      const table = new DeltaTable(new FaultyStore(t.store, faults, t.clock), { clock: t.clock })
      await expect(cleanLog(table)).rejects.toThrow(/Planned fault/)
      expect((await t.other().snapshot())?.numFiles).toBe(42)
      expect((await t.other().snapshot({ version: 12 }))?.numFiles).toBe(12)
      expect((await t.other().history()).length).toBeGreaterThanOrEqual(33)
      expect(await cleanLog(t.table)).toMatchObject({ kind: 'cleaned', oldest: 10 })
    }
  })
})

describe('a compacted log', () => {
  test('says what its commits come to, with what was removed', async () => {
    const t = await RowTable.create()
    const [a, b] = [await t.append([1]), await t.append([2])]
    await t.commit(
      [
        { remove: { path: a.path, dataChange: true, deletionTimestamp: 5, partitionValues: { p: 'a' }, size: a.size } },
        { txn: { appId: 'x', version: 7n } },
      ],
      t.table,
      false,
    )
    await t.commit([{ txn: { appId: 'x', version: 9007199254740993n } }])
    expect(await writeCompactedLog(t.store, { from: 1, to: 4 })).toBe('created')
    const text = new TextDecoder().decode(await t.store.get(compactedPath({ from: 1, to: 4 })))
    const lines = text.trimEnd().split('\n')
    expect(lines.map(line => Object.keys(JSON.parse(line) as object)[0])).toEqual(['txn', 'remove', 'add'])
    expect(lines[0]).toContain('9007199254740993')
    expect(lines[1]).toContain(a.path)
    expect(lines[2]).toContain(b.path)
    expect(await writeCompactedLog(t.store, { from: 1, to: 4 })).toBe('exists')
    await expect(writeCompactedLog(t.store, { from: 3, to: 9 })).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP' })
  })
})
