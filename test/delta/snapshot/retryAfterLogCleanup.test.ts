import { describe, expect, test } from 'vitest'

import { commitPath } from '../../../shared/delta/log/logName.js'
import { openFileList } from '../../../shared/delta/snapshot/openFileList.js'
import { readSnapshot } from '../../../shared/delta/snapshot/snapshot.js'
import { loadState } from '../../../shared/delta/snapshot/stateReader.js'
import { writeCheckpoint } from '../../../shared/delta/table/writeCheckpoint.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { columnField, LogFixture } from '../logFixture.js'

/** A table of five versions, of whose log only a checkpoint is left as soon as a reader has listed it. */
async function overtaken(): Promise<{ readonly store: FaultyStore; readonly faults: Faults }> {
  const t = new LogFixture({ fields: [columnField('id', 'long')] })
  for (let i = 0; i < 5; i++) {
    await t.commit({
      add: { path: `${i}.parquet`, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true },
    })
  }
  const cleanUp = async () => {
    await writeCheckpoint(t.store, 0)
    for (let version = 0; version < 4; version++) await t.store.delete(commitPath(version))
  }
  const faults = new Faults().add({
    on: 'get',
    path: path => path === commitPath(2),
    fault: { kind: 'interleave', first: cleanUp },
  })
  return { store: new FaultyStore(t.store, faults), faults }
}

describe('a reader that log clean-up overtakes', () => {
  test('has the state all the same', async () => {
    const { store, faults } = await overtaken()
    expect(await loadState(store)).toMatchObject({ version: 4 })
    expect(faults.struck).toBe(1)
  })

  test('has the snapshot all the same', async () => {
    const { store } = await overtaken()
    expect(await readSnapshot(store, 0)).toMatchObject({ version: 4, numFiles: 5 })
  })

  test('has the list of files all the same', async () => {
    const { store } = await overtaken()
    const names: string[] = []
    for await (const actions of (await openFileList(store))?.actions(-Infinity) ?? [])
      for (const action of actions) if ('add' in action) names.push(action.add.path)
    expect(names.sort()).toEqual(['0.parquet', '1.parquet', '2.parquet', '3.parquet', '4.parquet'])
  })

  test('reports what is missing for good', async () => {
    const t = new LogFixture({ fields: [columnField('id', 'long')] })
    for (let i = 0; i < 3; i++) await t.commit({ txn: { appId: 'a', version: BigInt(i) } })
    await t.store.delete(commitPath(1))
    await expect(loadState(t.store)).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP', data: { version: 1 } })
  })
})
