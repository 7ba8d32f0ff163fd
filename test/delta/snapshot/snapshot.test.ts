import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import type { Action } from '../../../shared/delta/actions/actions.js'
import { classicCheckpointPath, commitPath, lastCheckpointPath } from '../../../shared/delta/log/logName.js'
import { readSnapshot } from '../../../shared/delta/snapshot/snapshot.js'
import { loadState } from '../../../shared/delta/snapshot/stateReader.js'
import { createTable } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { LocalDiskStore, MemoryStore } from '../../../shared/storage/index.js'
import type { StructType } from '../../../shared/types/index.js'
import { conformanceRoot as root, haveConformanceTables } from '../../harness/conformanceTables.js'

const schema: StructType = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true, metadata: {} }] }

/** A table of `versions` versions with one file each, a checkpoint at `checkpointAt`. */
async function tableOf(versions: number, checkpointAt?: number) {
  const clock = new ManualClock()
  const store = new MemoryStore(clock)
  const table = new DeltaTable(store, { clock })
  await table.commit(createTable({ schema, createdTime: clock.now() }))
  for (let version = 1; version <= versions; version++) {
    clock.advance(1_000)
    const add: Action = {
      add: { path: `${version}.parquet`, partitionValues: {}, size: version, modificationTime: 1, dataChange: true },
    }
    await table.commit({
      readVersion: version - 1,
      actions: [add],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
    if (version === checkpointAt) await table.writeCheckpoint()
  }
  return { clock, store, cold: () => new DeltaTable(store, { clock }) }
}

async function expectWhole(cold: () => DeltaTable, versions: number) {
  expect(await cold().state()).toMatchObject({ version: versions })
  expect(await cold().snapshot()).toMatchObject({ version: versions, numFiles: versions })
}

describe('a snapshot', () => {
  test('survives a hint that is missing, torn, or points to a checkpoint that is not there', async () => {
    const { store, cold } = await tableOf(7, 5)
    const hint = (await store.get(lastCheckpointPath)) ?? new Uint8Array()
    await expectWhole(cold, 7)
    await store.delete(lastCheckpointPath)
    await expectWhole(cold, 7)
    await store.put(lastCheckpointPath, hint.subarray(0, hint.length / 2))
    await expectWhole(cold, 7)
    for (const version of [3, 6, 4_000]) {
      await store.put(lastCheckpointPath, new TextEncoder().encode(`{"version":${version},"size":3}`))
      await expectWhole(cold, 7)
    }
    await store.put(lastCheckpointPath, hint)
    await store.delete(classicCheckpointPath(5))
    await expectWhole(cold, 7)
  })

  test('passes over a damaged checkpoint while the commits before it are there, and says so when they are not', async () => {
    const { store, cold } = await tableOf(7, 5)
    const bytes = (await store.get(classicCheckpointPath(5))) ?? new Uint8Array()
    await store.put(classicCheckpointPath(5), bytes.subarray(0, bytes.length - 7))
    await expectWhole(cold, 7)
    await store.delete(commitPath(0))
    await expect(cold().snapshot()).rejects.toMatchObject({ code: expect.stringContaining('CORRUPT') as string })
  })

  test('takes a version that is missing between two others for a gap, not for the end of the log', async () => {
    const { store, cold } = await tableOf(7)
    await store.delete(commitPath(4))
    await expect(cold().state()).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP', data: { version: 4 } })
    await expect(cold().snapshot()).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP', data: { version: 4 } })
  })

  test('takes a gap right after the checkpoint for a gap too', async () => {
    const { store, cold } = await tableOf(7, 5)
    await store.delete(commitPath(6))
    await expect(cold().state()).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP', data: { version: 6 } })
  })

  test('can be had of an older version as long as the log reaches back to it', async () => {
    const { store, cold } = await tableOf(7, 5)
    expect(await cold().snapshot({ version: 3 })).toMatchObject({ version: 3, numFiles: 3, sizeInBytes: 6n })
    await expect(cold().snapshot({ version: 8 })).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
    for (let version = 0; version < 5; version++) await store.delete(commitPath(version))
    expect(await cold().snapshot({ version: 6 })).toMatchObject({ version: 6, numFiles: 6 })
    await expect(cold().snapshot({ version: 3 })).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
  })

  test('is the checkpoint alone where clean-up has left no commit', async () => {
    const { store, cold } = await tableOf(5, 5)
    for (let version = 0; version <= 5; version++) await store.delete(commitPath(version))
    await expectWhole(cold, 5)
  })
})

/** Tables whose log must be refused, by what is wrong with it. */
const broken: Readonly<Record<string, string>> = {
  'deltalog-invalid-protocol-version': 'DELTA_UNSUPPORTED_FEATURE',
  'deltalog-state-reconstruction-from-checkpoint-missing-metadata': 'DELTA_NO_METADATA',
  'deltalog-state-reconstruction-from-checkpoint-missing-protocol': 'DELTA_NO_PROTOCOL',
  'deltalog-state-reconstruction-without-metadata': 'DELTA_NO_METADATA',
  'deltalog-state-reconstruction-without-protocol': 'DELTA_NO_PROTOCOL',
  'data-reader-absolute-paths-escaped-chars': 'DELTA_NO_METADATA',
  'versions-not-contiguous': 'DELTA_VERSION_GAP',
}

/** Version, files and bytes, as Spark has them. */
const known: Readonly<Record<string, readonly [version: number, numFiles: number, sizeInBytes: bigint]>> = {
  '125-iterator-bug': [11, 12, 4286n],
  'basic-with-inserts-deletes-checkpoint': [13, 7, 3549n],
  'canonicalized-paths-normal-a': [1, 0, 0n],
  'canonicalized-paths-special-b': [1, 0, 0n],
  checkpoint: [14, 1, 1n],
  'corrupted-last-checkpoint-kernel': [11, 2, 1454n],
  'delete-re-add-same-file-different-transactions': [3, 2, 2n],
  'dv-partitioned-with-checkpoint': [15, 15, 11007n],
  'log-replay-dv-key-cases': [3, 1, 765n],
  'log-replay-special-characters-a': [1, 0, 0n],
  'multi-part-checkpoint': [1, 10, 4908n],
  'only-checkpoint-files': [2, 7, 3456n],
  'snapshot-repartitioned': [5, 2, 1392n],
  'v2-checkpoint-json': [2, 4, 1952n],
  'v2-checkpoint-parquet': [2, 4, 1952n],
}

function tables(family: string): string[] {
  if (!haveConformanceTables) return []
  return readdirSync(join(root, family)).filter(name => existsSync(join(root, family, name, 'delta', '_delta_log')))
}

describe.runIf(haveConformanceTables)('tables of other engines', () => {
  test.each(Object.entries(broken))('%s is refused: %s', async (name, code) => {
    const table = new DeltaTable(new LocalDiskStore(join(root, 'delta-golden', name, 'delta')))
    await expect(table.state()).rejects.toMatchObject({ code })
    await expect(table.snapshot()).rejects.toMatchObject({ code })
  })

  test('no-delta-log-folder is no table', async () => {
    const table = new DeltaTable(new LocalDiskStore(join(root, 'delta-golden', 'no-delta-log-folder', 'delta')))
    expect(await table.snapshot()).toBeUndefined()
  })

  test.each(Object.entries(known))('%s has the files that Spark sees', async (name, expected) => {
    const store = new LocalDiskStore(join(root, 'delta-golden', name, 'delta'))
    const snapshot = await readSnapshot(store, 0)
    expect([snapshot?.version, snapshot?.numFiles, snapshot?.sizeInBytes]).toEqual(expected)
  })

  test.each(tables('delta-golden').filter(name => broken[name] === undefined))(
    '%s: the light state is the snapshot without its files',
    async name => {
      const store = new LocalDiskStore(join(root, 'delta-golden', name, 'delta'))
      const snapshot = await readSnapshot(store, 0)
      const state = await loadState(store)
      const { protocol, metadata, txns, domains, timestamp, version } = state ?? {}
      expect({ protocol, metadata, txns, domains, timestamp, version }).toEqual({
        protocol: snapshot?.protocol,
        metadata: snapshot?.metadata,
        txns: snapshot?.txns,
        domains: snapshot?.domains,
        timestamp: snapshot?.timestamp,
        version: snapshot?.version,
      })
      if (state?.totals !== undefined) expect(state.totals).toEqual(snapshot?.totals)
    },
  )

  test.each(tables('dat'))('%s has the totals its checksum files say, at every version', async name => {
    const store = new LocalDiskStore(join(root, 'dat', name, 'delta'))
    let compared = 0
    for await (const { path } of store.list('_delta_log/0')) {
      if (!path.endsWith('.crc')) continue
      const version = Number(path.slice(-24, -4))
      const { numFiles, tableSizeBytes } = JSON.parse(readFileSync(join(root, 'dat', name, 'delta', path), 'utf8')) as {
        numFiles: number
        tableSizeBytes: number
      }
      // no_replay: its log begins with a checkpoint, checksums of versions before that remain.
      if (name === 'no_replay' && version < 2) continue
      const snapshot = await readSnapshot(store, 0, version)
      expect([snapshot?.numFiles, Number(snapshot?.sizeInBytes)]).toEqual([numFiles, tableSizeBytes])
      compared++
    }
    expect(compared).toBeGreaterThan(0)
  })
})
