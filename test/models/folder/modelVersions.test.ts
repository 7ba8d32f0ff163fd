import { describe, expect, test } from 'vitest'

import { ModelVersions } from '../../../shared/models/folder/modelVersions.js'
import type { ModelFiles } from '../../../shared/models/modelSource.js'
import { starterModel } from '../../../shared/models/starter/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'

const { card, onnx } = starterModel('m')

function files(version: string): ModelFiles {
  const bytes = (text: string) => new TextEncoder().encode(text)
  return {
    card: { ...card, version },
    onnx,
    more: new Map([
      ['metrics.json', bytes('{}')],
      ['plots/a.svg', bytes('<svg/>')],
    ]),
  }
}

const open = (store: ObjectStore) => new ModelVersions(store, 'm')

describe('versions of a model in a folder', () => {
  test('are numbered from 1 on, and listed in the order of their numbers', async () => {
    const versions = open(new MemoryStore())
    expect(await versions.list()).toEqual([])
    for (let n = 1; n <= 11; n++) expect((await versions.register(files)).card.version).toBe(String(n))
    expect((await versions.list()).map(one => one.version).slice(-3)).toEqual(['9', '10', '11'])
    expect(await versions.file('3', 'plots/a.svg')).toBeDefined()
    expect(await versions.file('3', 'none')).toBeUndefined()
    expect([...((await versions.loadAll('3')).more?.keys() ?? [])]).toEqual(['metrics.json', 'plots/a.svg'])
  })

  test('of several that register at once, each gets a number of its own', async () => {
    const store = new MemoryStore()
    const registered = await Promise.all(Array.from({ length: 5 }, () => open(store).register(files)))
    expect(registered.map(one => one.card.version).sort()).toEqual(['1', '2', '3', '4', '5'])
    for (const { version } of await open(store).list()) await open(store).load(version)
  })

  test('a registration that is cut off at any write leaves whole versions only, and its number is not used again', async () => {
    for (let step = 0; step < 4; step++) {
      const store = new MemoryStore()
      await open(store).register(files)
      const faults = new Faults()
      const fault = { kind: 'fail', retryable: false } as const
      faults.add({ on: ['put', 'putIfAbsent'], fault, after: step, times: Infinity })
      await expect(open(new FaultyStore(store, faults)).register(files)).rejects.toThrow()
      expect((await open(store).list()).map(one => one.version)).toEqual(['1'])
      await expect(open(store).point('2')).rejects.toThrow(/2\/model\.json is not there/)
      const { version } = (await open(store).register(files)).card
      expect(version).toBe(step === 0 ? '2' : '3')
    }
  })

  test('the pointer keeps the one before; pointing at the same again does not lose it', async () => {
    const store = new MemoryStore()
    const versions = open(store)
    await versions.register(files)
    await versions.register(files)
    expect(await versions.pointer()).toBeUndefined()
    expect(await versions.point('1')).toEqual({ version: '1' })
    expect(await versions.point('2')).toEqual({ version: '2', previous: '1' })
    expect(await versions.point('2')).toEqual({ version: '2', previous: '1' })
    expect(await versions.pointer()).toEqual({ version: '2', previous: '1' })
  })

  test('a version whose model was replaced is not pointed at', async () => {
    const store = new MemoryStore()
    const versions = open(store)
    await versions.register(files)
    await versions.register(files)
    await versions.point('1')
    await store.put('m/2/model.onnx', onnx.slice(1))
    await expect(versions.point('2')).rejects.toThrow(/digest/)
    expect(await versions.pointer()).toEqual({ version: '1' })
  })

  test.each(['version', 'previous'])('a pointer whose %s leads out of the folder is read by nobody', async which => {
    const store = new MemoryStore()
    await open(store).register(files)
    const pointer = JSON.stringify({ version: '1', [which]: '../other/1' })
    await store.put('m/champion.json', new TextEncoder().encode(pointer))
    await expect(open(store).pointer()).rejects.toThrow(
      `champion.json: ${which} must be the name of a folder beside it.`,
    )
    await expect(open(store).point('1')).rejects.toThrow('must be the name of a folder')
  })
})
