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
