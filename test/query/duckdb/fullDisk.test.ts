import { readdir } from 'node:fs/promises'

import { afterEach, describe, expect, test } from 'vitest'

import { DuckDbSession } from '../../../shared/query/duckdb/index.js'
import { FileCache } from '../../../shared/query/scan/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { type TinyDisk, tinyDisk } from '../../harness/tinyDisk.js'

const probe = tinyDisk(64)
probe?.remove()
let disk: TinyDisk | undefined
afterEach(() => {
  disk?.remove()
  disk = undefined
})

describe.runIf(probe !== undefined)('a temporary folder whose disk is full', () => {
  const told = {
    code: 'QUERY_DISK_FULL',
    message: expect.stringMatching(/make room on it, or name another folder in TEMP_FOLDER/) as string,
  }

  test('is named by a query that writes there, and is left empty', async () => {
    disk = tinyDisk(64)
    const temporaryFolder = disk?.folder ?? ''
    {
      await using session = await DuckDbSession.open({ temporaryFolder, threads: 1 })
      await expect(
        session.run(`COPY (SELECT random() FROM range(100000)) TO '${session.folder}/x.parquet'`),
      ).rejects.toMatchObject(told)
    }
    expect(await readdir(temporaryFolder)).toEqual([])
  })

  test('is named by a download, which leaves no part of a file, and what fits is fetched', async () => {
    disk = tinyDisk(64)
    const store = new MemoryStore()
    await store.put('large', new Uint8Array(200_000))
    await store.put('small', new Uint8Array(10))
    {
      await using cache = new FileCache({ limitBytes: 1_000_000, temporaryFolder: disk?.folder })
      await expect(cache.lease(store, [{ path: 'large', size: 200_000 }])).rejects.toMatchObject(told)
      await expect(cache.create(sink => sink.write(new Uint8Array(200_000)))).rejects.toMatchObject(told)
      expect(cache.bytes).toBe(0)
      using lease = await cache.lease(store, [{ path: 'small', size: 10 }])
      expect(lease.paths).toHaveLength(1)
    }
    expect(await readdir(disk?.folder ?? '')).toEqual([])
  })
})
