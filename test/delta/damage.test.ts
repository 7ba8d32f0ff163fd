import { expect, test } from 'vitest'

import { readChanges } from '../../shared/delta/changeDataFeed/changeDataFeed.js'
import { encodeDeletionVector } from '../../shared/delta/deletionVectors/deletionVector.js'
import { classicCheckpointPath, commitPath, lastCheckpointPath } from '../../shared/delta/log/logName.js'
import { scanRows } from '../../shared/delta/scan/scanRows.js'
import { readSnapshot } from '../../shared/delta/snapshot/snapshot.js'
import { loadState } from '../../shared/delta/snapshot/stateReader.js'
import { writeCheckpoint } from '../../shared/delta/table/writeCheckpoint.js'
import { CodedError } from '../../shared/errors.js'
import type { ObjectStore } from '../../shared/storage/index.js'
import { Random, seedNote } from '../random.js'
import { allRows, columnField, LogFixture } from './logFixture.js'

/** A table with everything that can be damaged: commits, a checkpoint and its hint, a deletion vector, data files. */
async function wholeTable(): Promise<ObjectStore> {
  const fields = [columnField('id', 'long'), columnField('name', 'string'), columnField('p', 'integer')]
  const table = new LogFixture({
    fields,
    partitionColumns: ['p'],
    configuration: { 'delta.enableChangeDataFeed': 'true' },
  })
  const { name, bytes, vector } = encodeDeletionVector([1])
  await table.store.put(name, bytes)
  for (let i = 0; i < 4; i++) {
    const more = { partitionValues: { p: String(i) }, ...(i === 3 ? { deletionVector: vector } : {}) }
    await table.commit({
      add: await table.file(`${i}.parquet`, { id: BigInt64Array.of(1n, 2n), name: ['a', null] }, more),
    })
    if (i === 1) await writeCheckpoint(table.store, 0)
  }
  // Only the checkpoint has the first version then, so that damage to it cannot be passed over.
  await table.store.delete(commitPath(0))
  return table.store
}

function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  switch (random.below(4)) {
    case 0:
      return copy.subarray(0, random.below(copy.length))
    case 1:
      return Uint8Array.from({ length: random.below(300) }, () => random.below(256))
    default:
      for (let flips = 1 + random.below(4); flips > 0; flips--) copy[random.below(copy.length)] = random.below(256)
      return copy
  }
}

test('damage to any file of a table ends in rows or in an error of ours, never in a crash or a hang', async () => {
  const random = new Random()
  const store = await wholeTable()
  const names = [
    commitPath(1),
    commitPath(2),
    commitPath(3),
    classicCheckpointPath(1),
    lastCheckpointPath,
    '0.parquet',
    '3.parquet',
  ]
  for await (const { path } of store.list('deletion_vector')) names.push(path)
  const readers = [
    async () => (await loadState(store))?.version,
    async () => {
      const snapshot = await readSnapshot(store, 0)
      return snapshot === undefined ? undefined : allRows(scanRows(store, snapshot).batches)
    },
    async () => allRows((await readChanges(store, { from: 2 })).batches),
  ]
  for (let round = 0; round < 250; round++) {
    const name = random.pick(names)
    const bytes = (await store.get(name)) ?? new Uint8Array()
    await store.put(name, damaged(random, bytes))
    for (const read of readers) {
      const error: unknown = await read().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (error !== undefined) expect(error, `${seedNote} round ${round} ${name}`).toBeInstanceOf(CodedError)
    }
    await store.put(name, bytes)
  }
  await expect(Promise.all(readers.map(read => read()))).resolves.toMatchObject([3, { length: 7 }, { length: 3 }])
})
