import { expect, test } from 'vitest'

import { redactedAddress } from '../../shared/storage/address/redactedAddress.js'
import { AzureBlobStore } from '../../shared/storage/azureBlob/azureBlob.js'
import { emulatorAccount, emulatorKey } from '../../shared/storage/azureBlob/azureBlobCredential.js'
import { LocalDiskStore } from '../../shared/storage/localDisk/localDisk.js'
import { MemoryStore } from '../../shared/storage/memoryStore.js'
import { openStore } from '../../shared/storage/openStore.js'

test('each address opens its kind of store', async () => {
  const folder = await openStore('file:///data/my%20lake')
  expect(folder).toBeInstanceOf(LocalDiskStore)
  expect(folder.localPath?.('x')).toBe('/data/my lake/x')
  expect((await openStore('/data/my lake')).url).toBe(folder.url)
  expect((await openStore(folder.url)).url).toBe(folder.url)
  expect(await openStore('memory:')).toBeInstanceOf(MemoryStore)
  expect(await openStore('http://127.0.0.1:10000/devstoreaccount1/lake')).toBeInstanceOf(AzureBlobStore)
})

test('two memory stores share nothing', async () => {
  const [one, other] = [await openStore('memory:'), await openStore('memory:')]
  await one.put('x', new Uint8Array(1))
  expect(await other.head('x')).toBeUndefined()
})

test('a local path is a path, whatever is in it; in a URL "#" and "?" are not passed over', async () => {
  const names = ['/data/a#b', '/data/a?b', '/data/a%23b', '/data/a']
  const stores = await Promise.all(names.map(name => openStore(name)))
  expect(stores.map(store => store.localPath?.('x'))).toEqual(names.map(name => `${name}/x`))
  for (const { url } of stores) expect((await openStore(url)).url).toBe(url)
  for (const url of ['file:///data/a#b', 'file:///data/a?b', 'file:///data/a?', 'file:lake', 'file:./lake']) {
    await expect(openStore(url)).rejects.toMatchObject({ code: 'STORAGE_BAD_ADDRESS' })
  }
})

test.each([
  'htps://acct.blob.core.windows.net/lake?sv=1&sig=secret',
  'https://x/?sig=secret',
  's3://user:secret@host/lake',
])('what is wrong with %s is reported without its secret', async url => {
  await expect(openStore(url)).rejects.toMatchObject({ message: expect.not.stringContaining('secret') as string })
  expect(redactedAddress(url)).not.toContain('secret')
})

test.each([
  '',
  'lake',
  './lake',
  's3://bucket/lake',
  'C:\\lake',
  'file://host/lake',
  'https://acct.blob.core.windows.net',
])('%s is refused', async url => {
  await expect(openStore(url)).rejects.toMatchObject({ code: 'STORAGE_BAD_ADDRESS', retryable: false })
})

test('a connection string of another account, or without a key, is refused before anything is sent', async () => {
  const open = (connectionString: string) =>
    openStore('http://127.0.0.1:10000/devstoreaccount1/lake', { connectionString })
  await expect(open('AccountName=other;AccountKey=a2V5')).rejects.toThrow('"other"')
  await expect(open('AccountName=devstoreaccount1')).rejects.toThrow('neither AccountKey')
  await expect(openStore('http://127.0.0.1:10000/other/lake')).rejects.toThrow('connection string')
  await expect(open('UseDevelopmentStorage=true')).resolves.toBeInstanceOf(AzureBlobStore)
  await expect(open(`AccountName=${emulatorAccount};AccountKey=${emulatorKey}`)).resolves.toBeInstanceOf(AzureBlobStore)
})
