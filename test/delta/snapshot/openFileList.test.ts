import { describe, expect, test } from 'vitest'

import type { Action } from '../../../shared/delta/actions/actions.js'
import { openFileList } from '../../../shared/delta/snapshot/openFileList.js'
import { readSnapshot } from '../../../shared/delta/snapshot/snapshot.js'
import { writeCheckpoint } from '../../../shared/delta/table/writeCheckpoint.js'
import { columnField, LogFixture } from '../logFixture.js'

const adding = (path: string): Action => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true },
})
const removing = (path: string, deletionTimestamp = 1): Action => ({
  remove: { path, dataChange: true, deletionTimestamp, partitionValues: {}, size: 1 },
})

describe("the list of a table's files", () => {
  test('is whole where the commits since the checkpoint hold more actions than are kept, and are read again', async () => {
    const t = new LogFixture({ fields: [columnField('id', 'long')] })
    const perCommit = 9_000
    for (let commit = 0; commit < 4; commit++)
      await t.commit(...Array.from({ length: perCommit }, (_, i) => adding(`${commit}-${i}`)))
    await t.commit(removing('0-7'), removing('3-7'))
    const paths: string[] = []
    for await (const actions of (await openFileList(t.store))?.actions(0) ?? [])
      for (const action of actions) if ('add' in action) paths.push(action.add.path)
    expect(paths).toHaveLength(4 * perCommit - 2)
    expect(new Set(paths).size).toBe(4 * perCommit - 2)
    expect(paths).not.toContain('0-7')
    await writeCheckpoint(t.store, 0)
    expect((await t.snapshot()).numFiles).toBe(4 * perCommit - 2)
  })

  test('has no tombstone of a file that was removed before a checkpoint and has come back since', async () => {
    const t = new LogFixture({ fields: [columnField('id', 'long')] })
    await t.commit(adding('a'), adding('b'))
    await t.commit(removing('a'), removing('b'))
    await writeCheckpoint(t.store, 0)
    await t.commit(adding('a'))
    const snapshot = await readSnapshot(t.store, 0)
    expect(snapshot?.files.map(({ path }) => path)).toEqual(['a'])
    expect(snapshot?.tombstones.map(({ path }) => path)).toEqual(['b'])
    const names: string[] = []
    for await (const actions of (await openFileList(t.store))?.actions(0) ?? [])
      for (const action of actions) names.push(...Object.keys(action))
    expect(names.sort()).toEqual(['add', 'remove'])
  })
})
