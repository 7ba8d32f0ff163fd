import { describe, expect, test, vi } from 'vitest'

import type { CommitFile } from '../../../shared/delta/log/commit.js'
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

async function commitsOf(commits: AsyncIterable<CommitFile>): Promise<readonly CommitFile[]> {
  const found: CommitFile[] = []
  for await (const commit of commits) found.push(commit)
  return found
}

describe('who follows a table from version to version', () => {
  async function followed() {
    const { clock, store } = await emptyTable()
    const [reader, writer] = [new DeltaTable(store, { clock }), new DeltaTable(store, { clock })]
    await reader.state()
    const [get, list] = [vi.spyOn(store, 'get'), vi.spyOn(store, 'list')]
    const asked = () => get.mock.calls.map(([path]) => path)
    return { clock, store, reader, writer, asked, list, get }
  }

  test('fetches no commit again that was just seen, and lists nothing', async () => {
    const { reader, writer, asked, list, get } = await followed()
    for (let version = 0; version < 100; version++) await writer.commit(append(version, 'a', BigInt(version)))
    get.mockClear()
    list.mockClear()
    expect((await reader.state({ fresh: true }))?.version).toBe(100)
    for (let again = 0; again < 3; again++)
      expect((await commitsOf(reader.commitFiles(1, 100))).map(({ version }) => version)).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 1),
      )
    // Each once, and those asked for ahead of the end.
    expect(new Set(asked()).size).toBe(asked().length)
    expect(list).not.toHaveBeenCalled()
  })

  test('with the times of commits too fetches none again, and lists once', async () => {
    const { reader, writer, asked, list, get } = await followed()
    for (let version = 0; version < 20; version++) await writer.commit(append(version, 'a', BigInt(version)))
    await reader.state({ fresh: true })
    get.mockClear()
    list.mockClear()
    expect(await commitsOf(reader.commits(1, 20))).toHaveLength(20)
    expect(asked()).toEqual([])
    expect(list).toHaveBeenCalledTimes(1)
  })

  test('fetches a commit of this process once, however often it was asked for', async () => {
    const { writer, asked, get } = await followed()
    await writer.commit(append(0, 'a', 1n))
    get.mockClear()
    for (let again = 0; again < 3; again++) await commitsOf(writer.commitFiles(1, 1))
    expect(asked()).toEqual([commitPath(1)])
  })

  test('finds a commit of this process as the log has it', async () => {
    const { store, writer } = await followed()
    await writer.commit({ ...append(0, 'a', 1n), info: { lake: { rows: 1n, far: 2n ** 60n, none: null } } })
    const other = new DeltaTable(store)
    const [own] = await commitsOf(writer.commitFiles(1, 1))
    expect(own).toEqual((await commitsOf(other.commitFiles(1, 1)))[0])
  })

  test('is told of the commit that was there, not of one of a table before it', async () => {
    const { clock, store, reader, writer } = await followed()
    for (const version of [0, 1]) await writer.commit(append(version, 'before', BigInt(version)))
    await reader.state({ fresh: true })
    await commitsOf(reader.commitFiles(1, 2))
    for (const version of [0, 1, 2]) await store.delete(commitPath(version))
    const made = await emptyTable()
    await store.put(commitPath(0), (await made.store.get(commitPath(0))) ?? new Uint8Array())
    await new DeltaTable(store, { clock }).commit(append(0, 'after', 7n))
    expect((await reader.state({ fresh: true }))?.version).toBe(1)
    const [commit] = await commitsOf(reader.commitFiles(1, 1))
    expect(commit?.actions.flatMap(action => ('add' in action ? [action.add.path] : []))).toEqual(['after-7.parquet'])
  })

  async function expectNewestKept({ reader, asked, get }: Awaited<ReturnType<typeof followed>>, newest: number) {
    await reader.state({ fresh: true })
    get.mockClear()
    await commitsOf(reader.commitFiles(newest, newest))
    expect(asked()).toEqual([])
    await commitsOf(reader.commitFiles(1, 1))
    expect(asked()).toEqual([commitPath(1)])
  }

  test('is given as many as there is room for in memory, and reads the others again', async () => {
    const table = await followed()
    const adds = (version: number) =>
      Array.from({ length: 900 }, (_, i) => append(version, `${version}-${i}`, 1n).actions[0] as never)
    for (let version = 0; version < 20; version++)
      await table.writer.commit({ ...append(version, 'a', BigInt(version)), actions: adds(version) })
    await expectNewestKept(table, 20)
  })

  test('is given no more than some hundreds, however short they are', async () => {
    const table = await followed()
    for (let version = 0; version < 300; version++) await table.writer.commit(append(version, 'a', BigInt(version)))
    await expectNewestKept(table, 300)
  })
})
