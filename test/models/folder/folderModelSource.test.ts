import { describe, expect, test } from 'vitest'

import { encodeModelCard } from '../../../shared/models/card/modelCard.js'
import { FolderModelSource } from '../../../shared/models/folder/folderModelSource.js'
import { starterModel } from '../../../shared/models/starter/starterModel.js'
import { MemoryStore } from '../../../shared/storage/index.js'

const text = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const open = async () => {
  const store = new MemoryStore()
  const source = new FolderModelSource(store, 'anomaly')
  await source.install(starterModel('anomaly'))
  return { store, source }
}

describe('a folder of models', () => {
  test('without a pointer has no champion', async () => {
    expect(await new FolderModelSource(new MemoryStore(), 'anomaly').champion()).toBeUndefined()
  })

  test('gives back what was installed', async () => {
    const { source } = await open()
    const starter = starterModel('anomaly')
    expect(await source.champion()).toEqual({ name: 'anomaly', version: 'starter-1', digest: starter.card.sha256 })
    expect(await source.load('starter-1')).toEqual(starter)
  })

  test('a second installation does not move a pointer that somebody has set', async () => {
    const { store, source } = await open()
    const other = starterModel('anomaly')
    await store.put('anomaly/2/model.onnx', other.onnx)
    await store.put('anomaly/2/model.json', encodeModelCard({ ...other.card, version: '2' }))
    await store.put('anomaly/champion.json', text({ version: '2' }))
    await source.install(starterModel('anomaly'))
    expect(await source.champion()).toMatchObject({ version: '2' })
  })

  test('of installations at once every one leaves a whole model', async () => {
    const store = new MemoryStore()
    const sources = Array.from({ length: 8 }, () => new FolderModelSource(store, 'anomaly'))
    await Promise.all(sources.map(source => source.install(starterModel('anomaly'))))
    for (const source of sources)
      expect(await source.load((await source.champion())?.version ?? '')).toEqual(starterModel('anomaly'))
  })

  test.each([
    [
      'a pointer to a version that is not there',
      'champion.json',
      { version: '9' },
      'MODEL_MISSING',
      /anomaly\/9\/model\.json is not there/,
    ],
    ['a pointer out of the folder', 'champion.json', { version: '../other/1' }, 'MODEL_MISMATCH', /name of a folder/],
    ['a pointer that is no JSON', 'champion.json', 'starter-1', 'MODEL_MISMATCH', /champion\.json is not JSON/],
    ['a card of another model', 'starter-1/model.json', undefined, 'MODEL_MISMATCH', /wrong folder/],
  ])('%s is told by name', async (_, file, content, code, message) => {
    const { store, source } = await open()
    await store.put(
      `anomaly/${file}`,
      content === undefined ? encodeModelCard(starterModel('other').card) : text(content),
    )
    await expect(source.champion()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  test('a model whose bytes were replaced is told by its digest', async () => {
    const { store, source } = await open()
    await store.put('anomaly/starter-1/model.onnx', text('other bytes'))
    await expect(source.load('starter-1')).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringMatching(/has the digest/) as string,
    })
  })
})
