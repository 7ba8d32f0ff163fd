import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { appendRows, rowsOf } from '../../../shared/delta/dml/index.js'
import { createTable, DeltaTable, scanRows } from '../../../shared/delta/index.js'
import { LocalDiskStore } from '../../../shared/storage/localDisk/localDisk.js'
import { openStore } from '../../../shared/storage/openStore.js'
import type { StructType } from '../../../shared/types/index.js'
import { lake } from '../../cli/testShell.js'
import { allRows } from '../../delta/logFixture.js'
import { bytesOf, collected, textOf } from '../contract.js'

let base: string
let root: string
let outside: string
let store: LocalDiskStore
beforeEach(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'links-'))
  root = path.join(base, 'lake')
  outside = path.join(base, 'outside')
  await mkdir(path.join(root, 'd'), { recursive: true })
  await mkdir(outside)
  await writeFile(path.join(outside, 'secret'), 'secret')
  store = new LocalDiskStore(root)
})
afterEach(() => rm(base, { recursive: true }))

const refused = {
  code: 'STORAGE_FORBIDDEN',
  retryable: false,
  message: expect.stringContaining('leads out of') as string,
}

describe('a link that leads out of a local store', () => {
  test('to a file is neither read nor listed', async () => {
    await symlink(path.join(outside, 'secret'), path.join(root, 'd', 'file'))
    await expect(store.get('d/file')).rejects.toMatchObject(refused)
    await expect(store.get('d/file', { start: 0, end: 2 })).rejects.toMatchObject(refused)
    await expect(store.head('d/file')).rejects.toMatchObject(refused)
    expect(await collected(store.list(''))).toEqual([])
  })

  test.each(['secret', 'new', 'new/deeper/still'])(
    'to a folder is no way to %s, for reading, writing or deleting',
    async name => {
      await symlink(outside, path.join(root, 'out'))
      if (name === 'secret') await expect(store.get(`out/${name}`)).rejects.toMatchObject(refused)
      await expect(store.put(`out/${name}`, bytesOf('x'))).rejects.toMatchObject(refused)
      await expect(store.putIfAbsent(`out/${name}`, bytesOf('x'))).rejects.toMatchObject(refused)
      await expect((async () => store.create(`out/${name}`))()).rejects.toMatchObject(refused)
      await expect(store.delete(`out/${name}`)).rejects.toMatchObject(refused)
      expect(await readdir(outside)).toEqual(['secret'])
      expect(await readFile(path.join(outside, 'secret'), 'utf8')).toBe('secret')
    },
  )

  test('that takes the place of a folder which was used a moment ago is seen, by every way', async () => {
    await store.put('d/secret', bytesOf('own'))
    expect(textOf(await store.get('d/secret'))).toBe('own')
    await rm(path.join(root, 'd'), { recursive: true })
    await symlink(outside, path.join(root, 'd'))
    await expect(store.get('d/secret')).rejects.toMatchObject(refused)
    await expect(store.delete('d/secret')).rejects.toMatchObject(refused)
    await expect(store.put('d/secret', bytesOf('x'))).rejects.toMatchObject(refused)
    expect(await readFile(path.join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  test('a folder with the same beginning is outside too', async () => {
    await mkdir(`${root}2`)
    await writeFile(path.join(`${root}2`, 'x'), 'x')
    await symlink(path.join(`${root}2`, 'x'), path.join(root, 'x'))
    await expect(store.get('x')).rejects.toMatchObject(refused)
  })

  test('is followed to a folder that is allowed', async () => {
    await symlink(path.join(outside, 'secret'), path.join(root, 'd', 'file'))
    const allowing = await openStore(pathToFileURL(root).href, { externalLocations: [pathToFileURL(outside).href] })
    expect(textOf(await allowing.get('d/file'))).toBe('secret')
    expect(textOf(await allowing.within('d').get('file'))).toBe('secret')
    expect((await collected(allowing.list(''))).map(info => info.path)).toEqual(['d/file'])
    const other = await openStore(root, { externalLocations: [path.join(outside, 'other')] })
    await expect(other.get('d/file')).rejects.toMatchObject(refused)
  })
})

describe('links that lead nowhere else', () => {
  test('within the store are followed, and the root may be one', async () => {
    await store.put('d/x', bytesOf('x'))
    await symlink(path.join(root, 'd'), path.join(root, 'e'))
    await symlink(path.join('..', 'd', 'x'), path.join(root, 'd', 'y'))
    const linked = path.join(base, 'linked')
    await symlink(root, linked)
    for (const way of [store, new LocalDiskStore(linked), new LocalDiskStore(path.join(linked, 'd', '..'))]) {
      for (const name of ['d/x', 'd/y', 'e/x']) expect(textOf(await way.get(name))).toBe('x')
    }
    await new LocalDiskStore(linked).put('e/new/z', bytesOf('z'))
    expect(textOf(await store.get('d/new/z'))).toBe('z')
  })

  test('to nothing, and in circles, are absent or an error, and never hang', async () => {
    await symlink('nothing', path.join(root, 'dangling'))
    await symlink('circle', path.join(root, 'circle'))
    expect(await store.get('dangling')).toBeUndefined()
    await expect(store.get('circle')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await collected(store.list(''))).toEqual([])
  })
})

describe('a local table', () => {
  const schema: StructType = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true }] }
  const made = async (folder: string) => {
    const table = new DeltaTable(new LocalDiskStore(folder))
    await table.commit(createTable({ schema, createdTime: 0 }))
    await appendRows(table, [rowsOf(schema, [{ id: 7n }])])
    return { table, file: (await table.snapshot())?.files[0]?.path ?? '' }
  }
  const rows = async (table: DeltaTable) => {
    const snapshot = await table.snapshot()
    return snapshot === undefined ? [] : await allRows(scanRows(table.store, snapshot).batches)
  }

  test('whose data file is a link to somewhere else is not read, by any way to read, unless the place is named', async () => {
    const { table, file } = await made(path.join(base, 't'))
    const moved = path.join(outside, 'moved.parquet')
    const target = path.join(base, 't', file)
    await writeFile(moved, await readFile(target))
    await rm(target)
    await symlink(moved, target)
    await expect(rows(table)).rejects.toThrow('leads out of')
    for (const words of [[], ['--where', 'id > 0']]) {
      const { code, output, messages } = await lake(['read', table.url, ...words])
      expect({ code, output }).toEqual({ code: 1, output: '' })
      expect(messages).toContain('--external-location')
      const named = await lake(['read', table.url, ...words, '--external-location', pathToFileURL(outside).href])
      expect(named).toMatchObject({ code: 0, output: '{"id":7}\n' })
    }
  })

  test('opened by a link finds files of its own that the log names in full', async () => {
    const { table, file } = await made(path.join(base, 't'))
    await symlink(path.join(base, 't'), path.join(base, 'alias'))
    const absolute = pathToFileURL(path.join(base, 't', file)).href
    await table.store.put(
      '_delta_log/00000000000000000002.json',
      bytesOf(
        `{"remove":{"path":"${file}","dataChange":true,"deletionTimestamp":1}}\n` +
          `{"add":{"path":"${absolute}","partitionValues":{},"size":${(await table.store.head(file))?.size},"modificationTime":0,"dataChange":true}}\n`,
      ),
    )
    expect(await rows(new DeltaTable(new LocalDiskStore(path.join(base, 'alias'))))).toEqual([[7n]])
  })
})
