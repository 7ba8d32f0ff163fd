import { describe, expect, test } from 'vitest'

import { commitPath } from '../../../shared/delta/log/logName.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { append, emptyTable, pathsOf } from '../appendedTable.js'

/** A store whose answer to the next `get` of a path is kept back until it is let go. */
class SlowStore extends MemoryStore {
  slow: { readonly path: string; readonly until: Promise<void> } | undefined

  override async get(...args: Parameters<MemoryStore['get']>) {
    const bytes = await super.get(...args)
    const { slow } = this
    if (slow?.path !== args[0]) return bytes
    this.slow = undefined
    await slow.until
    return bytes
  }
}

describe('what a process knows of a table', () => {
  test('is looked up anew when the log was cleaned up beyond it, however often it has looked', async () => {
    const { clock, store } = await emptyTable()
    const [watcher, writer] = [new DeltaTable(store, { clock }), new DeltaTable(store, { clock })]
    await watcher.state()
    for (let version = 0; version < 4; version++) await writer.commit(append(version, 'a', BigInt(version)))
    for (let version = 0; version < 3; version++) {
      expect((await watcher.state({ fresh: true }))?.version).toBe(4)
      clock.advance(20_000)
    }
    await writer.commit(append(4, 'a', 4n))
    await writer.commit(append(5, 'a', 5n))
    await writer.writeCheckpoint()
    for (let version = 0; version < 6; version++) await store.delete(commitPath(version))
    expect((await watcher.state({ fresh: true }))?.version).toBe(6)
    expect(await watcher.commit(append(6, 'a', 6n))).toMatchObject({ kind: 'committed', version: 7 })
  })

  test('is nothing once the table is gone, and another once it was made anew', async () => {
    const { clock, store } = await emptyTable()
    const [watcher, writer] = [new DeltaTable(store, { clock }), new DeltaTable(store, { clock })]
    await writer.commit(append(0, 'a', 1n))
    const before = await watcher.state()
    for (const version of [0, 1]) await store.delete(commitPath(version))
    expect(await watcher.state({ fresh: true })).toBeUndefined()
    expect(await watcher.state()).toBeUndefined()
    const made = await emptyTable()
    await store.put(commitPath(0), (await made.store.get(commitPath(0))) ?? new Uint8Array())
    const after = await watcher.state()
    expect(after?.version).toBe(0)
    expect(after?.metadata.id).not.toBe(before?.metadata.id)
  })

  test('is not put back by a look that ends late', async () => {
    const { clock, store } = await emptyTable()
    const slow = new SlowStore(clock)
    await slow.put(commitPath(0), (await store.get(commitPath(0))) ?? new Uint8Array())
    const table = new DeltaTable(slow, { clock })
    await table.state()
    let go: () => void = () => undefined
    slow.slow = { path: commitPath(1), until: new Promise(resolve => (go = resolve)) }
    const late = table.state({ fresh: true })
    await table.commit(append(0, 'a', 1n))
    go()
    expect((await late)?.version).toBe(0)
    expect((await table.state())?.version).toBe(1)
    expect(await table.commit(append(1, 'a', 2n))).toMatchObject({ kind: 'committed', version: 2, attempts: 1 })
    expect(await pathsOf(table)).toEqual(['a-1.parquet', 'a-2.parquet'])
  })
})
