import { describe, expect, test, vi } from 'vitest'

import {
  classicCheckpointPath,
  commitPath,
  logFolder,
  paddedVersion,
  parseLogName,
} from '../../../shared/delta/log/logName.js'
import { listLog } from '../../../shared/delta/log/logSegment.js'
import { MemoryStore } from '../../../shared/storage/index.js'

const nothing = new Uint8Array()

/** Counts what a listing hands out, to tell a narrow one from a wide one. */
class CountingStore extends MemoryStore {
  listed = 0

  override async *list(prefix: string, options: { readonly startAfter?: string | undefined } = {}) {
    for await (const info of super.list(prefix, options)) {
      this.listed++
      yield info
    }
  }
}

async function storeWith(...paths: readonly string[]): Promise<CountingStore> {
  const store = new CountingStore()
  for (const path of paths) await store.put(path, nothing)
  return store
}

function commits(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => commitPath(from + i))
}

describe('a listing of the log', () => {
  test('goes on over the border of a block', async () => {
    const listing = await listLog(await storeWith(...commits(990, 2_003)), 998)
    expect(listing.tip).toBe(2_003)
    expect(listing.commits.size).toBe(2_003 - 998 + 1)
  })

  test('of a long log from a late version does not hand out the whole log', async () => {
    const store = await storeWith(...commits(0, 5_020))
    expect((await listLog(store, 5_010)).tip).toBe(5_020)
    expect(store.listed).toBe(11)
  })

  test('up to a version asks for no block behind that one', async () => {
    const store = await storeWith(...commits(990, 2_003))
    const list = vi.spyOn(store, 'list')
    expect((await listLog(store, 998, 999)).commits.size).toBe(2)
    expect(list).toHaveBeenCalledTimes(1)
    expect((await listLog(store, 998, 1_000)).commits.size).toBe(2 + 1_000)
    expect(list).toHaveBeenCalledTimes(3)
  })

  test('leaves out a checkpoint that lacks a part, and takes it once it is whole', async () => {
    const part = (n: number) => `${logFolder}${paddedVersion(4)}.checkpoint.000000000${n}.0000000002.parquet`
    const store = await storeWith(...commits(0, 4), part(1))
    expect((await listLog(store)).checkpoints).toEqual([])
    await store.put(part(2), nothing)
    expect((await listLog(store)).checkpoints.map(({ form, files }) => [form, files.map(file => file.path)])).toEqual([
      ['multiPart', [part(1), part(2)]],
    ])
  })

  test('prefers the single file among checkpoints of one version', async () => {
    const uuid = '6374b053-df23-479b-b2cf-c9c550132b49'
    const store = await storeWith(
      classicCheckpointPath(3),
      `${logFolder}${paddedVersion(3)}.checkpoint.${uuid}.parquet`,
      `${logFolder}${paddedVersion(3)}.checkpoint.${uuid}.json`,
    )
    expect((await listLog(store)).checkpoints.map(({ form }) => form)).toEqual(['v2Json', 'v2Parquet', 'classic'])
    expect((await listLog(store)).tip).toBe(3)
  })
})

describe('names in the log', () => {
  test.each([
    '_staged_commits/00000000000000000001.6374b053-df23-479b-b2cf-c9c550132b49.json',
    '.00000000000000000001.json.crc',
    '00000000000000000001.json.tmp',
    '00000000000000000005.00000000000000000005.compacted.json',
    '0000000000000000001.json',
    '99999999999999999999.json',
    '_last_checkpoint',
    'x/00000000000000000001.json',
  ])('%s means nothing to a reader', name => {
    expect(parseLogName(logFolder + name)).toBeUndefined()
  })
})
