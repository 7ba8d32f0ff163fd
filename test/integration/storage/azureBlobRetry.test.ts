import { afterEach, describe, expect, test } from 'vitest'

import { openAzureBlob } from '../../../shared/storage/azureBlob/index.js'
import { bytesOf, collected } from '../../storage/contract.js'
import { type BlobServiceStub, type ServedRequest, startBlobServiceStub, type StubAnswer } from './blobServiceStub.js'

const stubs: BlobServiceStub[] = []
afterEach(() => Promise.all(stubs.splice(0).map(stub => stub.stop())))

async function served(answer: (request: ServedRequest) => StubAnswer | 'cut' | 'hang', options: object = {}) {
  const stub = await startBlobServiceStub(answer)
  stubs.push(stub)
  return { stub, store: await openAzureBlob(stub.url, { pauseMs: 1, ...options }) }
}

/** A blob that keeps to ranges and conditions; `more` says what goes wrong with an answer. */
function blob(
  content: (before: number) => { bytes: Uint8Array; etag: string },
  more: (before: number) => Partial<StubAnswer> = () => ({}),
) {
  return ({ headers, before }: ServedRequest): StubAnswer => {
    const { bytes, etag } = content(before)
    if (headers['if-match'] !== undefined && headers['if-match'] !== etag)
      return { status: 412, code: 'ConditionNotMet' }
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(String(headers['x-ms-range'] ?? headers['range'] ?? '')) ?? []
    const start = Number(from ?? 0)
    const end = Math.min(bytes.length, to === undefined || to === '' ? bytes.length : Number(to) + 1)
    const body = bytes.subarray(start, end)
    return {
      status: from === undefined ? 200 : 206,
      body,
      ...more(before),
      headers: {
        etag,
        'content-length': String(body.length),
        ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }),
      },
    }
  }
}

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31 + (i >> 8)) & 255)
const rangeOf = ({ headers }: ServedRequest) => headers['x-ms-range'] ?? headers['range']

describe('a download whose connection breaks inside the body', () => {
  test.each(['cutAfter', 'silentAfter'] as const)('goes on where it was (%s), for the same object only', async kind => {
    const { stub, store } = await served(
      blob(
        () => ({ bytes: content, etag: '"1"' }),
        before => (before < 3 ? { [kind]: 30_000 } : {}),
      ),
      { silenceMs: 1500 },
    )
    expect(Buffer.compare((await store.get('x')) ?? new Uint8Array(), content)).toBe(0)
    expect(stub.requests.map(rangeOf)).toEqual([
      undefined,
      'bytes=30000-99999',
      'bytes=60000-99999',
      'bytes=90000-99999',
    ])
    expect(stub.requests.slice(1).map(request => request.headers['if-match'])).toEqual(['"1"', '"1"', '"1"'])
  })

  test('goes on inside a range', async () => {
    const { stub, store } = await served(
      blob(
        () => ({ bytes: content, etag: '"1"' }),
        before => (before === 0 ? { cutAfter: 10 } : {}),
      ),
    )
    expect(await store.get('x', { start: 500, end: 700 })).toEqual(content.slice(500, 700))
    expect(stub.requests.map(rangeOf)).toEqual(['bytes=500-699', 'bytes=510-699'])
  })

  test('begins again when the object has changed meanwhile: never a mixture', async () => {
    const other = Uint8Array.from(content, byte => byte ^ 255)
    const { store } = await served(
      blob(
        before => (before === 0 ? { bytes: content, etag: '"1"' } : { bytes: other, etag: '"2"' }),
        before => (before === 0 ? { cutAfter: 50_000 } : {}),
      ),
    )
    expect(Buffer.compare((await store.get('x')) ?? new Uint8Array(), other)).toBe(0)
  })

  test('is absent when the object is deleted meanwhile', async () => {
    const whole = blob(
      () => ({ bytes: content, etag: '"1"' }),
      () => ({ cutAfter: 50_000 }),
    )
    const { store } = await served(request =>
      request.before === 0 ? whole(request) : { status: 404, code: 'BlobNotFound' },
    )
    expect(await store.get('x')).toBeUndefined()
  })

  test('of a service that answers the whole for the rest is not put together wrongly', async () => {
    const { store } = await served(({ before }) => ({
      status: 200,
      body: content,
      headers: { etag: '"1"', 'content-length': String(content.length) },
      ...(before === 0 ? { cutAfter: 1000 } : {}),
    }))
    expect(Buffer.compare((await store.get('x')) ?? new Uint8Array(), content)).toBe(0)
  })

  test('that breaks without end is reported as a broken connection', async () => {
    const { store } = await served(
      blob(
        () => ({ bytes: content, etag: '"1"' }),
        () => ({ cutAfter: 0 }),
      ),
      { deadlineMs: 3000 },
    )
    await expect(store.get('x')).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('connection broke') as string,
    })
  })

  test('gets through a connection that breaks more often than there are tries, as long as it moves', async () => {
    const { stub, store } = await served(
      blob(
        () => ({ bytes: content, etag: '"1"' }),
        () => ({ cutAfter: 4_000 }),
      ),
    )
    expect(Buffer.compare((await store.get('x')) ?? new Uint8Array(), content)).toBe(0)
    expect(stub.requests).toHaveLength(25)
  })
})

const operations = {
  get: store => store.get('x'),
  head: store => store.head('x'),
  put: store => store.put('x', bytesOf('hello')),
  delete: store => store.delete('x'),
  list: store => collected(store.list('')),
} satisfies Record<string, (store: Awaited<ReturnType<typeof openAzureBlob>>) => Promise<unknown>>

const page = (names: readonly string[], marker = '') =>
  '<?xml version="1.0"?><EnumerationResults><Blobs>' +
  names
    .map(
      name =>
        `<Blob><Name>${name}</Name><Properties><Content-Length>1</Content-Length><Etag>0x1</Etag><Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified></Properties></Blob>`,
    )
    .join('') +
  `</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`

const success = ({ method, target }: ServedRequest): StubAnswer => {
  if (target.includes('comp=list')) return { status: 200, body: page(['x']) }
  return (
    { PUT: { status: 201 }, DELETE: { status: 202 } }[method] ?? {
      status: 200,
      body: 'hello',
      headers: { 'content-length': '5' },
    }
  )
}

describe.each(Object.entries(operations))('%s', (_, operate) => {
  test.each([408, 429, 500, 502, 503, 504])('is repeated after a %i', async status => {
    const { stub, store } = await served(request => (request.before < 2 ? { status } : success(request)))
    await operate(store)
    expect(stub.requests).toHaveLength(3)
  })

  test('is repeated after a cut and after silence, each long before its deadline', async () => {
    const { stub, store } = await served(
      request => (request.before === 0 ? 'cut' : request.before === 1 ? 'hang' : success(request)),
      { silenceMs: 1500 },
    )
    await operate(store)
    expect(stub.requests).toHaveLength(3)
  })

  test.each([400, 403, 409])('is not repeated after a %i', async status => {
    const { stub, store } = await served(() => ({ status, code: 'Whatever' }))
    await expect(operate(store)).rejects.toMatchObject({ retryable: false })
    expect(stub.requests).toHaveLength(1)
  })

  test('waits as long as the service asks, and says at once when that is longer than it may take', async () => {
    const { stub, store } = await served(request =>
      request.before === 0 ? { status: 503, code: 'ServerBusy', headers: { 'retry-after': '1' } } : success(request),
    )
    const started = performance.now()
    await operate(store)
    expect(performance.now() - started).toBeGreaterThan(990)
    expect(stub.requests).toHaveLength(2)
    const impatient = await served(() => ({ status: 429, headers: { 'retry-after': '3600' } }))
    await expect(operate(impatient.store)).rejects.toMatchObject({ code: 'STORAGE_THROTTLED', retryable: true })
    expect(impatient.stub.requests).toHaveLength(1)
  })
})

describe('a listing', () => {
  test.each([
    ['that is cut', { cutAfter: 200 }],
    ['that is cut after its headers', { cutAfter: 0 }],
    ['that ends early', { body: page(['b']).slice(0, 150) }],
    ['that is empty', { body: '' }],
    ['without its end', { body: page(['b']).replace('</EnumerationResults>', '') }],
  ] as const)('page %s is asked for again: no name is lost', async (_, fault) => {
    const { store } = await served(({ target, before }) => {
      const isSecond = target.includes('marker=')
      const body = page(isSecond ? ['b', 'c'] : ['a'], isSecond ? '' : 'm')
      return { status: 200, body, headers: { 'content-type': 'application/xml' }, ...(before === 1 ? fault : {}) }
    })
    expect((await collected(store.list(''))).map(info => info.path)).toEqual(['a', 'b', 'c'])
  })

  test('gives only names that can be read', async () => {
    const names = ['a', 'a/', 'b//c', './d', 'e/../f', '/g', 'h\\i', 'ok/x']
    const { store } = await served(request =>
      request.target.includes('comp=list') ? { status: 200, body: page(names) } : success(request),
    )
    const given = (await collected(store.list(''))).map(info => info.path)
    expect(given).toEqual(['a', 'ok/x'])
    for (const name of given) await store.get(name)
  })

  test('is asked from a name on only once by a service that does not know that', async () => {
    const { stub, store } = await served(({ target }) =>
      target.includes('startFrom')
        ? { status: 400, code: 'UnsupportedQueryParameter' }
        : { status: 200, body: page(['log/1', 'log/2']) },
    )
    for (let i = 0; i < 3; i++)
      expect((await collected(store.within('log').list('', { startAfter: '1' }))).map(info => info.path)).toEqual(['2'])
    expect(stub.requests.filter(({ target }) => target.includes('startFrom'))).toHaveLength(1)
  })
})

describe('what a refusal means is reported', () => {
  const ahead = (ms: number) => new Date(Date.now() + ms).toISOString().replace(/\.\d+/, '')
  test.each<[string, number, string, string, object]>([
    [
      'an expired signature',
      403,
      'AuthenticationFailed',
      "expired at 2020-01-01T00:00:00Z (the service's clock says ",
      { sas: 'se=2020-01-01T00:00:00Z' },
    ],
    [
      'a signature of the future',
      403,
      'AuthenticationFailed',
      'not valid before 2100',
      { sas: `st=2100-01-01T00:00:00Z&se=2101-01-01T00:00:00Z` },
    ],
    [
      'a signature for less',
      403,
      'AuthorizationPermissionMismatch',
      'does not permit this. It permits "r"',
      { sas: `sp=r&se=${ahead(3_600_000)}` },
    ],
    [
      'a clock that is wrong',
      403,
      'AuthenticationFailed',
      "set this machine's clock",
      { date: new Date(0).toUTCString() },
    ],
    ['the read-only copy', 403, 'WriteOperationNotSupportedOnSecondary', 'read-only copy', {}],
    ['a lease', 412, 'LeaseIdMissing', 'lease', {}],
    ['another lease', 409, 'LeaseAlreadyPresent', 'lease', {}],
    ['a retention policy', 409, 'BlobImmutableDueToPolicy', 'immutable', {}],
    ['a legal hold', 409, 'BlobImmutableDueToLegalHold', 'immutable', {}],
    ['the archive', 409, 'BlobArchived', 'archive', {}],
  ])('%s', async (_, status, code, text, { sas, date }: { sas?: string; date?: string }) => {
    const stub = await startBlobServiceStub(() => ({
      status,
      code,
      ...(date === undefined ? {} : { headers: { date } }),
    }))
    stubs.push(stub)
    const store = await openAzureBlob(sas === undefined ? stub.url : `${stub.url}?${sas}&sig=secret`)
    for (const act of [
      () => store.put('x', bytesOf('x')),
      () => store.putIfAbsent('x', bytesOf('x')),
      () => store.delete('x'),
    ]) {
      const error = await act().catch((thrown: unknown) => thrown as Error)
      expect(error).toMatchObject({
        retryable: false,
        ambiguous: false,
        message: expect.stringContaining(text) as string,
      })
      expect(JSON.stringify(error)).not.toContain('secret')
    }
  })

  test('https to an http port, and a port that speaks something else', async () => {
    const { stub } = await served(() => ({ status: 200 }))
    const store = await openAzureBlob(stub.url.replace('http:', 'https:'))
    await expect(store.get('x')).rejects.toMatchObject({
      code: 'STORAGE_BAD_ADDRESS',
      retryable: false,
      message: expect.stringContaining('http://') as string,
    })
    await expect(store.putIfAbsent('x', bytesOf('x'))).rejects.toMatchObject({
      code: 'STORAGE_BAD_ADDRESS',
      ambiguous: false,
    })
    expect(stub.requests).toHaveLength(0)
  })
})

describe('two uploads of one name at once', () => {
  test('that the service forgot the blocks of is no failure when another has come first, and is one otherwise', async () => {
    for (const [etags, fails] of [
      [['"1"', '"2"'], false],
      [['"1"', '"1"'], true],
      [['"1"', undefined], true],
      [[undefined, '"1"'], false],
    ] as const) {
      let heads = 0
      const { store } = await served(({ method, target }) => {
        if (method === 'HEAD') {
          const etag = etags[heads++]
          return etag === undefined ? { status: 404, code: 'BlobNotFound' } : { status: 200, headers: { etag } }
        }
        return target.includes('comp=blocklist') ? { status: 400, code: 'InvalidBlockList' } : { status: 201 }
      })
      const writer = await store.create('x')
      await writer.write(new Uint8Array(9 * 2 ** 20))
      if (fails) await expect(writer.close()).rejects.toMatchObject({ retryable: false })
      else await writer.close()
    }
  })
})

test('a large write goes in pieces, whole, and again after a cut', async () => {
  const { stub, store } = await served(({ before }) => (before === 0 ? 'cut' : { status: 201 }))
  await store.put('x', new Uint8Array(3_000_000))
  expect(stub.requests.map(request => request.headers['content-length'])).toEqual(['3000000', '3000000'])
  expect(stub.requests.map(request => request.bytes)).toEqual([3_000_000, 3_000_000])
})
