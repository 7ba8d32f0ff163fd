import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { systemClock } from '../../shared/clock.js'
import { type Action, commitPath, createTable, DeltaTable, encodeCommit } from '../../shared/delta/index.js'
import { openStore } from '../../shared/storage/index.js'

export interface SnapshotMeasure {
  readonly name: string
  readonly ms: number
}

const filesPerCommit = 10

/**
 * Opens a table from nothing, as a new process does: with the same hundred commits after the last checkpoint, once
 * with a short history and once with a long one. What grows with the history shows as a ratio.
 *
 * @param commits of the long history; each adds ten files
 */
export async function snapshotBench(commits = 10_000): Promise<readonly SnapshotMeasure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'snapshot-bench-'))
  try {
    const measures: SnapshotMeasure[] = []
    for (const [name, count] of [
      ['short', Math.max(200, commits / 50)],
      ['long', commits],
    ] as const) {
      const store = await openStore(pathToFileURL(join(folder, name)).href)
      const table = new DeltaTable(store)
      await table.commit(
        createTable({
          schema: { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true }] },
          createdTime: 1,
        }),
      )
      for (let version = 1; version <= count; version++) {
        await store.putIfAbsent(commitPath(version), new TextEncoder().encode(encodeCommit(commitOf(version))))
        // Off the write path, as maintenance does it: each made of the one before.
        if (version % 1_000 === 0 || version === count - 100) {
          const started = systemClock.monotonic()
          const before = process.memoryUsage.rss()
          await new DeltaTable(store).writeCheckpoint()
          const grown = Math.round((process.memoryUsage.rss() - before) / 2 ** 20)
          if (version === count - 100)
            measures.push({
              name: `${name}: checkpoint of ${version * filesPerCommit} files (+${grown} MB)`,
              ms: systemClock.monotonic() - started,
            })
        }
      }
      measures.push({
        name: `${name}: state after ${count} commits`,
        ms: await timed(() => new DeltaTable(store).state()),
      })
      measures.push({
        name: `${name}: snapshot of ${count * filesPerCommit} files`,
        ms: await timed(() => new DeltaTable(store).snapshot()),
      })
    }
    return measures
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function commitOf(version: number): Action[] {
  const adds = Array.from({ length: filesPerCommit }, (_, i): Action => ({
    add: {
      path: `part-${version}-${i}.parquet`,
      partitionValues: {},
      size: 1_000,
      modificationTime: version,
      dataChange: true,
      stats: `{"numRecords":10,"minValues":{"id":${version}},"maxValues":{"id":${version + 9}},"nullCount":{"id":0}}`,
    },
  }))
  return [
    { commitInfo: { timestamp: version, operation: 'WRITE', txnId: `t-${version}` } },
    { txn: { appId: 'bench', version: BigInt(version) } },
    ...adds,
  ]
}

/** The middle of five. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const started = systemClock.monotonic()
    await work()
    times.push(systemClock.monotonic() - started)
  }
  return times.sort((a, b) => a - b)[2] ?? 0
}
