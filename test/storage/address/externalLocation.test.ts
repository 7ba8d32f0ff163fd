import { describe, expect, test } from 'vitest'

import { externalLocationOf } from '../../../shared/storage/address/externalLocation.js'
import { openStore } from '../../../shared/storage/openStore.js'

const held: readonly (readonly [string, string])[] = [
  ['https://acct.blob.core.windows.net/c/a/b', 'https://acct.blob.core.windows.net/c'],
  ['https://acct.blob.core.windows.net/c/a/b', 'https://acct.blob.core.windows.net/c/a/'],
  ['https://acct.blob.core.windows.net/c/a', 'https://acct.blob.core.windows.net'],
  ['abfss://c@acct.dfs.core.windows.net/a', 'https://acct.blob.core.windows.net/c/a'],
  ['https://acct-secondary.dfs.core.windows.net/c/a', 'abfss://c@acct.dfs.core.windows.net'],
  ['https://acct.blob.core.windows.net/c/a', 'https://acct.blob.core.windows.net/c?sv=1&sig=x'],
  ['https://acct.blob.core.windows.net/c/a', 'https://acct.blob.core.windows.net?sv=1&sig=x'],
  ['http://127.0.0.1:1/devstoreaccount1/c/a', 'http://127.0.0.1:1/devstoreaccount1'],
  ['file:///data/x%20y/z', '/data/x y'],
  ['file:///data/t', 'file:///data/'],
]

const notHeld: readonly (readonly [string, string])[] = [
  ['https://acct.blob.core.windows.net/cc/a', 'https://acct.blob.core.windows.net/c'],
  ['https://acct.blob.core.windows.net/c/ab', 'https://acct.blob.core.windows.net/c/a'],
  ['https://acct2.blob.core.windows.net/c/a', 'https://acct.blob.core.windows.net'],
  ['https://acct.blob.core.windows.net.evil.example/c/a', 'https://acct.blob.core.windows.net'],
  ['https://acct.blob.core.windows.net:444/c/a', 'https://acct.blob.core.windows.net'],
  ['https://acct.blob.core.windows.net@evil.example/c/a', 'https://acct.blob.core.windows.net'],
  ['http://127.0.0.1:2/devstoreaccount1/c/a', 'http://127.0.0.1:1/devstoreaccount1'],
  ['https://127.0.0.1:1/devstoreaccount1/c/a', 'http://127.0.0.1:1/devstoreaccount1'],
  ['file:///data2', 'file:///data'],
  ['file:///data/../etc', 'file:///data'],
  ['file:///data/%2e%2e/etc', 'file:///data'],
  ['https://acct.blob.core.windows.net/data', '/data'],
  ['file:///c/a', 'https://acct.blob.core.windows.net/c'],
]

describe('an external location', () => {
  test.each(held)('%s lies in %s', (url, location) => {
    expect(externalLocationOf(url, ['file:///nowhere', location])).toBe(location)
  })
  test.each(notHeld)('%s does not lie in %s', (url, location) => {
    expect(externalLocationOf(url, [location])).toBeUndefined()
  })
})

describe('an address that a table names', () => {
  test('is opened only in a location that is named, and with that location’s signature', async () => {
    const url = 'https://other.blob.core.windows.net/c/folder'
    await expect(openStore(url, { namedBy: 'file:///t' })).rejects.toMatchObject({
      code: 'STORAGE_FORBIDDEN',
      message: expect.stringContaining('--external-location') as string,
    })
    const externalLocations = ['https://other.blob.core.windows.net/c?sv=1&sig=x']
    expect((await openStore(url, { namedBy: 'file:///t', externalLocations })).url).toBe(url)
    // The lake's key is for the lake's account.
    const connectionString = 'AccountName=acct;AccountKey=a2V5'
    expect((await openStore(url, { namedBy: 'file:///t', externalLocations, connectionString })).url).toBe(url)
  })
})
