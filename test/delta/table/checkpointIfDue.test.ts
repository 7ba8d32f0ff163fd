import { expect, test } from 'vitest'

import { createTable, DeltaTable, readCheckpointHint, readsNothing } from '../../../shared/delta/index.js'
import { checkpointIfDue } from '../../../shared/delta/table/checkpointIfDue.js'
import { MemoryStore } from '../../../shared/storage/index.js'

const schema = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true }] } as const

/** The versions at which a checkpoint is written, of a table that maintenance looks at after each of its commits. */
async function checkpoints(configuration: Readonly<Record<string, string>>, defaultInterval: number) {
  const store = new MemoryStore()
  const table = new DeltaTable(store)
  const written: number[] = []
  for (let version = 0; version < 12; version++) {
    if (version === 0) await table.commit(createTable({ schema, configuration, createdTime: 0 }))
    else
      await table.commit({
        readVersion: version - 1,
        actions: [{ txn: { appId: 'writer', version: BigInt(version) } }],
        operation: 'WRITE',
        isBlindAppend: true,
        reads: readsNothing,
      })
    if (!(await checkpointIfDue(table, defaultInterval))) continue
    expect(await readCheckpointHint(store)).toMatchObject({ version })
    written.push(version)
  }
  return written
}

test('a checkpoint comes as often as the setting says', async () => {
  expect(await checkpoints({}, 5)).toEqual([4, 9])
})

test("the table's delta.checkpointInterval comes before the setting, longer or shorter", async () => {
  expect(await checkpoints({ 'delta.checkpointInterval': '3' }, 5)).toEqual([2, 5, 8, 11])
  expect(await checkpoints({ 'delta.checkpointInterval': '11' }, 5)).toEqual([10])
})

test('a table without a log has none', async () => {
  expect(await checkpointIfDue(new DeltaTable(new MemoryStore()), 1)).toBe(false)
})
