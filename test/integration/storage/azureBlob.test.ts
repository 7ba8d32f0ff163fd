import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { blockSize, openAzureBlob } from '../../../shared/storage/azureBlob/index.js'
import { type Azurite, startAzurite } from '../../harness/azurite.js'
import { bytesOf, collected, describeContract } from '../../storage/contract.js'

describeContract(
  'AzureBlobStore on Azurite',
  async () => {
    const azurite = await startAzurite()
    const address = `${azurite.url}/lake/a folder`
    return {
      store: await openAzureBlob(address),
      again: await openAzureBlob(address, { connectionString: azurite.connectionString }),
      stop: () => azurite.stop(),
    }
  },
  { many: 1200 },
)

describe('AzureBlobStore on Azurite', () => {
  let azurite: Azurite
  beforeAll(async () => {
    azurite = await startAzurite()
  })
  afterAll(() => azurite.stop())

  test('a container that is missing reads as empty, and the first write of many at once makes it', async () => {
    for (const [i, way] of (['put', 'putIfAbsent'] as const).entries()) {
      const store = await openAzureBlob(`${azurite.url}/fresh-${i}`)
      expect(await store.get('x')).toBeUndefined()
      expect(await store.head('x')).toBeUndefined()
      expect(await collected(store.list(''))).toEqual([])
      await store.delete('x')
      await Promise.all(Array.from({ length: 8 }, (_, n) => store[way](`${n}`, bytesOf('x'))))
      expect(await collected(store.list(''))).toHaveLength(8)
    }
    const streamed = await openAzureBlob(`${azurite.url}/fresh-2`)
    const writer = await streamed.create('x')
    await writer.write(new Uint8Array(blockSize + 1))
    await writer.close()
    expect((await streamed.head('x'))?.size).toBe(blockSize + 1)
  })

  test('an upload of several blocks comes back byte for byte, shows nothing before, and can be given up', async () => {
    const store = await openAzureBlob(`${azurite.url}/blocks`)
    const whole = Uint8Array.from({ length: 2 * blockSize + 12_345 }, (_, i) => (i * 31 + (i >> 13)) & 255)
    const writer = await store.create('big')
    for (let at = 0; at < whole.length; at += 3_000_001) await writer.write(whole.subarray(at, at + 3_000_001))
    expect(await store.head('big')).toBeUndefined()
    expect(await collected(store.list(''))).toEqual([])
    await writer.close()
    const read = await store.get('big')
    expect(Buffer.compare(read ?? new Uint8Array(), whole)).toBe(0)
    const part = await store.get('big', { start: blockSize - 3, end: blockSize + 4 })
    expect(part).toEqual(whole.slice(blockSize - 3, blockSize + 4))

    const aborted = await store.create('big')
    await aborted.write(whole)
    await aborted.abort()
    expect((await store.head('big'))?.size).toBe(whole.length)
  })

  test('a wrong key is refused as forbidden, at once', async () => {
    const connectionString = azurite.connectionString.replace(/AccountKey=[^;]*/, `AccountKey=${btoa('wrong')}`)
    const store = await openAzureBlob(`${azurite.url}/lake`, { connectionString })
    await expect(store.get('x')).rejects.toMatchObject({ code: 'STORAGE_FORBIDDEN', retryable: false })
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_FORBIDDEN',
      ambiguous: false,
    })
  })

  test('a put-if-absent to a service that is not there is retryable, and surely did not happen', async () => {
    const stopped = await startAzurite()
    const store = await openAzureBlob(`${stopped.url}/lake`)
    await stopped.stop()
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      retryable: true,
      ambiguous: false,
    })
  })
})
