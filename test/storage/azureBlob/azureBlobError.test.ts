import { AnonymousCredential, RestError } from '@azure/storage-blob'
import { describe, expect, test } from 'vitest'

import { parseAzureBlobAddress } from '../../../shared/storage/address/index.js'
import { AccountClients } from '../../../shared/storage/azureBlob/azureBlobClients.js'
import { azureError } from '../../../shared/storage/azureBlob/azureBlobError.js'

const url = 'http://127.0.0.1:10000/devstoreaccount1/lake/a'
const failed = (statusCode: number) => new RestError('failed', { statusCode, code: 'InternalError' })

describe('a service that fails', () => {
  test('is an emulator with a full disk when it is on this machine, and the reason is unknown otherwise', () => {
    expect(azureError('put', url, failed(500), { write: true, isLocalEmulator: true }).message).toBe(
      `Cannot write ${url}: the emulator failed; the likely cause is a full disk: make room on the disk of its data, or see its log (500 InternalError).`,
    )
    expect(azureError('put', url, failed(500), { write: true, isLocalEmulator: false }).message).toBe(
      `Cannot write ${url}: the service failed (500 InternalError).`,
    )
  })

  test('is the same error to those who try again, emulator or not', () => {
    for (const isLocalEmulator of [true, false])
      expect(azureError('get', url, failed(503), { write: false, isLocalEmulator })).toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        retryable: true,
        ambiguous: false,
        data: { operation: 'get', status: 503 },
      })
  })

  test('an emulator that refuses or is busy has no full disk', () => {
    for (const status of [403, 404, 429])
      expect(azureError('get', url, failed(status), { write: false, isLocalEmulator: true }).message).not.toMatch(
        /disk/,
      )
  })
})

test.each([
  ['get', 'Cannot read '],
  ['head', 'Cannot read '],
  ['put', 'Cannot write '],
  ['putIfAbsent', 'Cannot write '],
  ['stage', 'Cannot write '],
  ['commit', 'Cannot write '],
  ['list', 'Cannot list '],
  ['delete', 'Cannot delete '],
])('%s is named as what the user sees of it', (operation, beginning) => {
  expect(azureError(operation, url, failed(500), { write: true }).message).toContain(beginning + url)
})

test.each([
  ['http://127.0.0.1:10000/devstoreaccount1/lake', true],
  ['http://localhost:10000/devstoreaccount1/lake', true],
  ['http://[::1]:10000/devstoreaccount1/lake', true],
  ['http://azurite:10000/devstoreaccount1/lake', false],
  ['https://acme.blob.core.windows.net/lake', false],
])('%s is an emulator on this machine: %s', (address, isLocal) => {
  const credential = { credential: new AnonymousCredential() }
  expect(new AccountClients(parseAzureBlobAddress(address), credential).isLocalEmulator).toBe(isLocal)
})
