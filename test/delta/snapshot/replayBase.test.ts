import { describe, expect, test } from 'vitest'

import { DeltaError } from '../../../shared/delta/deltaError.js'
import {
  checksumPath,
  classicCheckpointPath,
  commitPath,
  lastCheckpointPath,
  v2CheckpointPath,
} from '../../../shared/delta/log/logName.js'
import { openFileList } from '../../../shared/delta/snapshot/openFileList.js'
import { type BaseReader, findReplay } from '../../../shared/delta/snapshot/replayBase.js'
import { MemoryStore } from '../../../shared/storage/index.js'

const uuid = '00000000-0000-4000-8000-000000000000'
const commits = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => commitPath(from + i))

async function storeWith(...paths: readonly string[]): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (const path of paths) await store.put(path, new Uint8Array([0]))
  return store
}

/** Says of what it read; what is `damaged` cannot be read. */
function namedBases(damaged: readonly string[] = []): BaseReader<string> & { readonly read: string[] } {
  const read: string[] = []
  const named = (name: string) => {
    read.push(name)
    return damaged.includes(name)
      ? Promise.reject(new DeltaError('DELTA_FILE_MISSING', `${name} is gone`))
      : Promise.resolve(name)
  }
  return {
    read,
    empty: () => 'nothing',
    fromCheckpoint: ({ form, version }) => named(`${form} ${version}`),
    fromChecksum: version => named(`checksum ${version}`),
  }
}

const log = () =>
  storeWith(
    ...commits(0, 9),
    classicCheckpointPath(3),
    v2CheckpointPath(6, uuid, 'json'),
    classicCheckpointPath(6),
    checksumPath(6),
  )

describe('a replay', () => {
  test('begins with the newest there is: the checksum, then the single-file checkpoint, then older ones', async () => {
    const reader = namedBases(['checksum 6', 'classic 6', 'v2Json 6', 'classic 3'])
    const found = await findReplay(await log(), reader)
    expect(reader.read).toEqual(['checksum 6', 'classic 6', 'v2Json 6', 'classic 3'])
    expect([found?.base.version, found?.base.content, found?.version]).toEqual([-1, 'nothing', 9])
  })

  test('of an older version begins at or before it', async () => {
    const found = await findReplay(await log(), namedBases(), 5)
    expect([found?.base.version, found?.base.checkpoint?.form, found?.version]).toEqual([3, 'classic', 5])
  })

  test('looks at the whole log where _last_checkpoint names one that is damaged', async () => {
    const store = await log()
    await store.put(lastCheckpointPath, new TextEncoder().encode('{"version":6,"size":1}'))
    const found = await findReplay(store, namedBases(['checksum 6', 'classic 6', 'v2Json 6']))
    expect(found?.base.content).toBe('classic 3')
  })

  test('reads no base after which a commit is missing', async () => {
    const reader = namedBases()
    const store = await storeWith(...commits(0, 4), ...commits(6, 9), classicCheckpointPath(3))
    await expect(findReplay(store, reader)).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP', data: { version: 5 } })
    expect(reader.read).toEqual([])
  })

  test('of a log without its beginning says what is wrong with the newest checkpoint', async () => {
    const store = await storeWith(...commits(3, 9), classicCheckpointPath(3), classicCheckpointPath(6))
    await expect(findReplay(store, namedBases(['classic 3', 'classic 6']))).rejects.toThrow('classic 6 is gone')
    await expect(findReplay(store, namedBases(), 2)).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
    await expect(findReplay(store, namedBases(), 10)).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
    await expect(findReplay(await storeWith(...commits(3, 9)), namedBases())).rejects.toMatchObject({
      code: 'DELTA_VERSION_GAP',
      data: { version: 0 },
    })
    expect(await findReplay(await storeWith(), namedBases())).toBeUndefined()
  })

  test('of the files alone calls that a gap', async () => {
    const store = await storeWith(...commits(3, 9), classicCheckpointPath(3))
    await expect(openFileList(store)).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP', data: { version: 0 } })
  })
})
