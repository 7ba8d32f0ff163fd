import { describe, expect, it } from 'vitest'
import { formatAzureBlobAddress, parseAzureBlobAddress } from '../../shared/storage/azureBlobAddress.js'

const blob = 'https://acct.blob.core.windows.net'

describe('an address of a blob container', () => {
  it.each([
    ['http://127.0.0.1:10000/devstoreaccount1/lake', 'http://127.0.0.1:10000/devstoreaccount1', 'devstoreaccount1', 'lake', '', true],
    ['http://azurite:10000/devstoreaccount1/lake/a/b/', 'http://azurite:10000/devstoreaccount1', 'devstoreaccount1', 'lake', 'a/b', true],
    ['https://acct.blob.core.windows.net/lake', blob, 'acct', 'lake', '', false],
    ['https://acct.blob.core.windows.net/lake/a%20b/c', blob, 'acct', 'lake', 'a b/c', false],
    ['https://acct.dfs.core.windows.net/lake/x', blob, 'acct', 'lake', 'x', false],
    ['https://acct.z12.blob.storage.azure.net/lake', 'https://acct.z12.blob.storage.azure.net', 'acct', 'lake', '', false],
    ['https://acct.dfs.core.chinacloudapi.cn/lake', 'https://acct.blob.core.chinacloudapi.cn', 'acct', 'lake', '', false],
    ['abfss://lake@acct.dfs.core.windows.net', blob, 'acct', 'lake', '', false],
    ['abfss://lake@acct.dfs.core.windows.net/a/b', blob, 'acct', 'lake', 'a/b', false],
  ])('%s', (address, endpoint, account, container, folder, emulated) => {
    const parsed = parseAzureBlobAddress(address)
    expect(parsed).toEqual({ endpoint, account, container, folder, emulated, sas: undefined })
    expect(parseAzureBlobAddress(formatAzureBlobAddress(parsed))).toEqual(parsed)
  })

  it('keeps a signature to itself', () => {
    const parsed = parseAzureBlobAddress('https://acct.blob.core.windows.net/lake?sv=2024&sig=secret')
    expect(parsed.sas).toBe('sv=2024&sig=secret')
    expect(formatAzureBlobAddress(parsed)).toBe('https://acct.blob.core.windows.net/lake')
    expect(() => parseAzureBlobAddress('https://acct.blob.core.windows.net/?sig=secret')).toThrow(/^(?!.*secret).*container/)
  })

  it.each(['https://acct.blob.core.windows.net', 'http://127.0.0.1:10000/devstoreaccount1', 'abfss://acct.dfs.core.windows.net/lake', 'nonsense'])(
    '%s is none',
    address => {
      expect(() => parseAzureBlobAddress(address)).toThrow(expect.objectContaining({ code: 'STORAGE_BAD_ADDRESS' }))
    },
  )
})
