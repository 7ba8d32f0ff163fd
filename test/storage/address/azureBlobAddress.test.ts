import { describe, expect, test } from 'vitest'

import {
  formatAzureBlobAddress,
  isSameAccount,
  parseAzureBlobAddress,
} from '../../../shared/storage/address/azureBlobAddress.js'

const blob = 'https://acct.blob.core.windows.net'

describe('an address of a blob container', () => {
  test.each([
    [
      'http://127.0.0.1:10000/devstoreaccount1/lake',
      {
        endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
        account: 'devstoreaccount1',
        container: 'lake',
        folder: '',
        emulated: true,
      },
    ],
    [
      'http://azurite:10000/devstoreaccount1/lake/a/b/',
      {
        endpoint: 'http://azurite:10000/devstoreaccount1',
        account: 'devstoreaccount1',
        container: 'lake',
        folder: 'a/b',
        emulated: true,
      },
    ],
    [
      'https://acct.blob.core.windows.net/lake',
      { endpoint: blob, account: 'acct', container: 'lake', folder: '', emulated: false },
    ],
    [
      'https://acct.blob.core.windows.net/lake/a%20b/c',
      { endpoint: blob, account: 'acct', container: 'lake', folder: 'a b/c', emulated: false },
    ],
    [
      'https://acct.dfs.core.windows.net/lake/x',
      { endpoint: blob, account: 'acct', container: 'lake', folder: 'x', emulated: false },
    ],
    [
      'https://acct.z12.blob.storage.azure.net/lake',
      {
        endpoint: 'https://acct.z12.blob.storage.azure.net',
        account: 'acct',
        container: 'lake',
        folder: '',
        emulated: false,
      },
    ],
    [
      'https://acct.dfs.core.chinacloudapi.cn/lake',
      {
        endpoint: 'https://acct.blob.core.chinacloudapi.cn',
        account: 'acct',
        container: 'lake',
        folder: '',
        emulated: false,
      },
    ],
    [
      'https://acct.privatelink.blob.core.windows.net/lake',
      { endpoint: blob, account: 'acct', container: 'lake', folder: '', emulated: false },
    ],
    [
      'https://acct.privatelink.dfs.core.windows.net/lake',
      { endpoint: blob, account: 'acct', container: 'lake', folder: '', emulated: false },
    ],
    [
      'https://acct-secondary.blob.core.windows.net/lake',
      {
        endpoint: 'https://acct-secondary.blob.core.windows.net',
        account: 'acct',
        container: 'lake',
        folder: '',
        emulated: false,
      },
    ],
    [
      'https://onelake.dfs.fabric.microsoft.com/ws/x.Lakehouse/Tables/t',
      {
        endpoint: 'https://onelake.blob.fabric.microsoft.com',
        account: 'onelake',
        container: 'ws',
        folder: 'x.Lakehouse/Tables/t',
        emulated: false,
      },
    ],
    [
      'https://westus-onelake.dfs.fabric.microsoft.com/ws/i',
      {
        endpoint: 'https://westus-onelake.blob.fabric.microsoft.com',
        account: 'onelake',
        container: 'ws',
        folder: 'i',
        emulated: false,
      },
    ],
    [
      'abfss://ws@msit-onelake.dfs.fabric.microsoft.com/i',
      {
        endpoint: 'https://msit-onelake.blob.fabric.microsoft.com',
        account: 'onelake',
        container: 'ws',
        folder: 'i',
        emulated: false,
      },
    ],
    [
      'https://0123456789abcdef0123456789abcdef.z01.blob.fabric.microsoft.com/ws/i',
      {
        endpoint: 'https://0123456789abcdef0123456789abcdef.z01.blob.fabric.microsoft.com',
        account: 'onelake',
        container: 'ws',
        folder: 'i',
        emulated: false,
      },
    ],
    [
      'abfss://lake@acct.dfs.core.windows.net',
      { endpoint: blob, account: 'acct', container: 'lake', folder: '', emulated: false },
    ],
    [
      'abfss://lake@acct.dfs.core.windows.net/a/b',
      { endpoint: blob, account: 'acct', container: 'lake', folder: 'a/b', emulated: false },
    ],
  ])('%s', (address, expected) => {
    const parsed = parseAzureBlobAddress(address)
    expect(parsed).toEqual({ ...expected, sas: undefined })
    expect(parseAzureBlobAddress(formatAzureBlobAddress(parsed))).toEqual(parsed)
  })

  test('keeps a signature to itself', () => {
    const parsed = parseAzureBlobAddress('https://acct.blob.core.windows.net/lake?sv=2024&sig=secret')
    expect(parsed.sas).toBe('sv=2024&sig=secret')
    expect(formatAzureBlobAddress(parsed)).toBe('https://acct.blob.core.windows.net/lake')
    expect(() => parseAzureBlobAddress('https://acct.blob.core.windows.net/?sig=secret')).toThrow(
      /^(?!.*secret).*container/,
    )
  })

  test.each([
    'https://acct.blob.core.windows.net/lake/t#b',
    'https://acct.blob.core.windows.net/lake/t#',
    'https://acct.blob.core.windows.net/lake/t?',
    'https://acct.blob.core.windows.net/lake/t?snapshot=2024-01-01',
    'https://acct.blob.core.windows.net/lake/t?versionId=1&sig=secret',
    'https://acct.blob.core.windows.net/lake/t?snapshot=1&sig=secret',
    'https://acct.blob.core.windows.net/lake/t?sv=1&sig=secret#x',
    'http://127.0.0.1:10000/devstoreaccount1/lake/t?x=1',
    'abfss://lake@acct.dfs.core.windows.net/t?x=1',
    'abfss://lake:secret@acct.dfs.core.windows.net/t',
    'https://user:secret@acct.blob.core.windows.net/lake/t',
    'https://user@acct.blob.core.windows.net/lake/t',
  ])(
    '%s has a part that would be passed over, so that two addresses were one table: refused, without secrets',
    address => {
      expect(() => parseAzureBlobAddress(address)).toThrow(
        expect.objectContaining({
          code: 'STORAGE_BAD_ADDRESS',
          message: expect.not.stringContaining('secret') as string,
        }),
      )
    },
  )

  test.each([
    ['https://acct.blob.core.windows.net/a', 'https://acct-secondary.dfs.core.windows.net/b', true],
    ['https://acct.blob.core.windows.net/a', 'abfss://b@acct.privatelink.dfs.core.windows.net', true],
    ['https://onelake.blob.fabric.microsoft.com/a', 'https://westus-onelake.dfs.fabric.microsoft.com/b', true],
    ['http://127.0.0.1:1/devstoreaccount1/a', 'http://127.0.0.1:1/devstoreaccount1/b', true],
    ['http://127.0.0.1:1/devstoreaccount1/a', 'http://127.0.0.1:1/other/b', false],
    ['http://127.0.0.1:1/devstoreaccount1/a', 'http://127.0.0.1:2/devstoreaccount1/a', false],
    ['https://acct.blob.core.windows.net/a', 'https://acct.blob.core.windows.net:8443/a', false],
    ['https://acct.blob.core.windows.net/a', 'https://acct.blob.core.chinacloudapi.cn/a', false],
    ['https://acct.z1.blob.storage.azure.net/a', 'https://acct.z2.blob.storage.azure.net/a', false],
    ['https://acct.blob.core.windows.net/a', 'https://acct.blob.evil.example/a', false],
  ])('%s and %s: of one account %s', (one, other, same) => {
    expect(isSameAccount(parseAzureBlobAddress(one), parseAzureBlobAddress(other))).toBe(same)
  })

  test.each([
    'https://acct.blob.core.windows.net',
    'http://127.0.0.1:10000/devstoreaccount1',
    'abfss://acct.dfs.core.windows.net/lake',
    'nonsense',
  ])('%s is none', address => {
    expect(() => parseAzureBlobAddress(address)).toThrow(expect.objectContaining({ code: 'STORAGE_BAD_ADDRESS' }))
  })
})
