import { afterEach, describe, expect, test, vi } from 'vitest'

import { openAzureBlob } from '../../../shared/storage/azureBlob/index.js'
import { bytesOf, collected } from '../../storage/contract.js'
import { type BlobServiceStub, type ServedRequest, startBlobServiceStub, type StubAnswer } from './blobServiceStub.js'

const stubs: BlobServiceStub[] = []
afterEach(() => Promise.all(stubs.splice(0).map(stub => stub.stop())))

async function served(answer: (request: ServedRequest) => StubAnswer | 'cut' | 'hang') {
  const stub = await startBlobServiceStub(answer)
  stubs.push(stub)
  return { stub, store: await openAzureBlob(stub.url) }
}

describe('put-if-absent', () => {
  test('is one PUT of a block blob on the condition that nothing has the name', async () => {
    const { stub, store } = await served(() => ({ status: 201 }))
    expect(await store.putIfAbsent('_delta_log/1.json', bytesOf('{}'))).toBe('created')
    expect(stub.requests).toHaveLength(1)
    expect(stub.requests[0]).toMatchObject({
      method: 'PUT',
      target: '/devstoreaccount1/lake/_delta_log/1.json',
      headers: { 'if-none-match': '*', 'x-ms-blob-type': 'BlockBlob', 'content-length': '2' },
    })
  })

  test.each([
    [409, 'BlobAlreadyExists'],
    [409, 'PathAlreadyExists'],
    [412, 'ConditionNotMet'],
  ])('%i %s means that the name is taken', async (status, code) => {
    const { store } = await served(() => ({ status, code }))
    expect(await store.putIfAbsent('x', bytesOf('x'))).toBe('exists')
  })

  test.each([
    [409, 'LeaseIdMissing', 'STORAGE_FAILED', false],
    [409, 'ContainerBeingDeleted', 'STORAGE_UNAVAILABLE', true],
    [403, 'AuthorizationFailure', 'STORAGE_FORBIDDEN', false],
    [429, 'TooManyRequests', 'STORAGE_THROTTLED', true],
    [400, 'InvalidUri', 'STORAGE_BAD_ADDRESS', false],
  ])('%i %s surely wrote nothing, and is no loss to a competitor', async (status, code, meaning, retryable) => {
    const { stub, store } = await served(() => ({ status, code }))
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: meaning,
      retryable,
      ambiguous: false,
    })
    expect(stub.requests).toHaveLength(1)
  })

  test.each([
    [500, 'InternalError', 'STORAGE_UNAVAILABLE'],
    [500, 'OperationTimedOut', 'STORAGE_TIMEOUT'],
    [503, 'ServerBusy', 'STORAGE_THROTTLED'],
    [502, '', 'STORAGE_UNAVAILABLE'],
    [504, '', 'STORAGE_TIMEOUT'],
  ])('%i %s may have written, and is not tried again here', async (status, code, meaning) => {
    const { stub, store } = await served(() => ({ status, code }))
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: meaning,
      retryable: true,
      ambiguous: true,
    })
    expect(stub.requests).toHaveLength(1)
  })

  test('a connection that breaks after the request may have written, and is not tried again here', async () => {
    const { stub, store } = await served(() => 'cut')
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      retryable: true,
      ambiguous: true,
    })
    expect(stub.requests).toHaveLength(1)
  })

  test('a service that says nothing is given up after the deadline, and may have written', async () => {
    const stub = await startBlobServiceStub(() => 'hang')
    stubs.push(stub)
    const store = await openAzureBlob(stub.url, { deadlineMs: 200 })
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_TIMEOUT',
      retryable: true,
      ambiguous: true,
    })
    await expect(store.get('x')).rejects.toMatchObject({ code: 'STORAGE_TIMEOUT', ambiguous: false })
    await expect(collected(store.list(''))).rejects.toMatchObject({ code: 'STORAGE_TIMEOUT' })
  })

  test('into a missing container makes it and then writes, still once', async () => {
    const { stub, store } = await served(({ before }) =>
      before === 0 ? { status: 404, code: 'ContainerNotFound' } : { status: 201 },
    )
    expect(await store.putIfAbsent('x', bytesOf('x'))).toBe('created')
    expect(stub.requests.map(request => `${request.method} ${request.target}`)).toEqual([
      'PUT /devstoreaccount1/lake/x',
      'PUT /devstoreaccount1/lake?restype=container',
      'PUT /devstoreaccount1/lake/x',
    ])
  })

  test('into a missing container that it may not make names the container', async () => {
    const { store } = await served(({ target }) =>
      target.includes('restype')
        ? { status: 403, code: 'AuthorizationPermissionMismatch' }
        : { status: 404, code: 'ContainerNotFound' },
    )
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_ROOT_MISSING',
      data: { container: 'lake' },
      ambiguous: false,
    })
  })
})

test('a service on this machine is asked directly, whatever proxy leads to the network', async () => {
  vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9')
  try {
    const { store } = await served(() => ({ status: 201 }))
    expect(await store.putIfAbsent('x', bytesOf('x'))).toBe('created')
  } finally {
    vi.unstubAllEnvs()
  }
})

describe('what may be repeated is', () => {
  test('a read after a passing failure', async () => {
    const { stub, store } = await served(({ before }) =>
      before < 2
        ? { status: 503, code: 'ServerBusy' }
        : { status: 200, body: 'hello', headers: { 'content-length': '5' } },
    )
    expect(await store.get('x')).toEqual(bytesOf('hello'))
    expect(stub.requests).toHaveLength(3)
  })

  test('a whole write after a cut connection', async () => {
    const { stub, store } = await served(({ before }) => (before === 0 ? 'cut' : { status: 201 }))
    await store.put('x', bytesOf('x'))
    expect(stub.requests).toHaveLength(2)
  })
})

describe('a hierarchical namespace', () => {
  const blob = (name: string, folder = false) =>
    `<Blob><Name>${name}</Name><Properties><Content-Length>1</Content-Length><Etag>0x1</Etag>` +
    '<Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified></Properties>' +
    (folder ? '<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>' : '') +
    '</Blob>'
  const page = (blobs: string, marker = '') =>
    `<?xml version="1.0"?><EnumerationResults><Blobs>${blobs}</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`

  test('lists folder by folder; the store gives the order of whole names, without the folders', async () => {
    const { store } = await served(({ target }) => ({
      status: 200,
      body: target.includes('marker=')
        ? page(blob('a-b', true) + blob('a-b/x') + blob('a.txt'))
        : page(blob('a', true) + blob('a/x'), 'next'),
    }))
    expect((await collected(store.list(''))).map(info => info.path)).toEqual(['a-b/x', 'a.txt', 'a/x'])
    expect((await collected(store.list('', { startAfter: 'a-b/x' }))).map(info => info.path)).toEqual(['a.txt', 'a/x'])
  })

  test('a folder is no object', async () => {
    const { store } = await served(() => ({
      status: 200,
      headers: { 'x-ms-meta-hdi_isfolder': 'true', 'content-length': '0' },
    }))
    expect(await store.head('a')).toBeUndefined()
    expect(await store.get('a')).toBeUndefined()
  })

  test('a service that does not know where to start from is asked for the whole folder', async () => {
    const { stub, store } = await served(({ target }) =>
      target.includes('startFrom')
        ? { status: 400, code: 'UnsupportedQueryParameter' }
        : { status: 200, body: page(blob('log/1') + blob('log/2')) },
    )
    expect((await collected(store.list('log/', { startAfter: 'log/1' }))).map(info => info.path)).toEqual(['log/2'])
    expect(stub.requests).toHaveLength(2)
  })
})
