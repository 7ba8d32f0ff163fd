import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  AccountSASPermissions,
  generateAccountSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import { appendRows, rowsOf } from '../../../shared/delta/dml/index.js'
import {
  type AddFile,
  commitPath,
  createTable,
  type DeletionVector,
  DeltaTable,
  encodeCommit,
  encodeDeletionVector,
  scanRows,
} from '../../../shared/delta/index.js'
import { emulatorAccount, emulatorKey, openAzureBlob } from '../../../shared/storage/azureBlob/index.js'
import { LocalDiskStore, type ObjectStore, openStore } from '../../../shared/storage/index.js'
import type { StructType } from '../../../shared/types/index.js'
import { lake } from '../../cli/testShell.js'
import { allRows } from '../../delta/logFixture.js'
import { type Azurite, startAzurite } from '../../harness/azurite.js'
import { startBlobServiceStub } from './blobServiceStub.js'

/** Somebody else's server: writes down whatever comes, and what it is signed with. */
interface Recorder {
  readonly host: string
  readonly arrivals: { readonly what: string; readonly authorization: string | undefined }[]
  stop(): void
}

async function startRecorder(): Promise<Recorder> {
  const arrivals: Recorder['arrivals'] = []
  const server: Server = createServer((request, response) => {
    arrivals.push({ what: `${request.method} ${request.url}`, authorization: request.headers.authorization })
    // As the identity of a function app it gives tokens; as anything else it has nothing.
    const isIdentity = request.url?.includes('/identity') === true
    response.writeHead(isIdentity ? 200 : 404, {
      'content-type': 'application/json',
      'x-ms-error-code': 'BlobNotFound',
    })
    response.end(
      isIdentity
        ? JSON.stringify({
            access_token: 'token-of-the-user',
            expires_on: String(2 ** 32),
            resource: 'x',
            token_type: 'Bearer',
          })
        : '',
    )
  })
  // As the proxy to the network it sees which hosts are asked for.
  server.on('connect', (request, socket) => {
    arrivals.push({ what: `CONNECT ${request.url}`, authorization: request.headers.authorization })
    socket.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const schema: StructType = { type: 'struct', fields: [{ name: 'id', type: 'long', nullable: true }] }

let azurite: Azurite
let recorder: Recorder
let folder: string
beforeAll(async () => {
  azurite = await startAzurite()
  folder = await mkdtemp(join(tmpdir(), 'foreign-'))
})
afterAll(async () => {
  await azurite.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  recorder = await startRecorder()
  vi.stubEnv('HTTPS_PROXY', `http://${recorder.host}`)
  vi.stubEnv('IDENTITY_ENDPOINT', `http://${recorder.host}/identity`)
  vi.stubEnv('IDENTITY_HEADER', 'x')
})
afterEach(() => {
  vi.unstubAllEnvs()
  recorder.stop()
})

let tables = 0

/** A table with one row of its own, and one file that is said to be at `path`. */
async function tableNaming(store: ObjectStore, path: string, more: Partial<AddFile> = {}): Promise<DeltaTable> {
  const table = new DeltaTable(store)
  await table.commit(
    createTable({
      schema,
      createdTime: 0,
      configuration: { 'delta.enableDeletionVectors': 'true', 'delta.enableChangeDataFeed': 'true' },
    }),
  )
  const foreign: AddFile = { path, partitionValues: {}, size: 500, modificationTime: 0, dataChange: true, ...more }
  await store.put(commitPath(1), Buffer.from(encodeCommit([{ add: foreign }], { table: store.url, version: 1 })))
  return table
}

const fresh = async (kind: 'azure' | 'local'): Promise<ObjectStore> =>
  kind === 'azure'
    ? openAzureBlob(`${azurite.url}/foreign/t${tables++}`)
    : new LocalDiskStore(join(folder, `t${tables++}`))

async function rowsIn(table: DeltaTable, options: { openFolder?: typeof openStore } = {}) {
  const snapshot = await table.snapshot()
  if (snapshot === undefined) throw new Error('there is no table')
  return allRows(scanRows(table.store, snapshot, options).batches)
}

/** Addresses that a table could name; HOST is the recording server. */
const elsewhere = [
  'http://HOST/devstoreaccount1/c/x.parquet',
  'http://HOST/devstoreaccount1/c/d/e/x.parquet?sig=a',
  'https://evil.blob.attacker.example/c/x.parquet',
  'https://evil.blob.core.windows.net.attacker.example/c/x.parquet',
  'https://other.blob.core.windows.net/c/x.parquet',
  'https://other.dfs.core.windows.net:8443/c/x.parquet',
  'https://onelake.dfs.fabric.microsoft.com/ws/item/x.parquet',
  'abfss://c@other.dfs.core.windows.net/x.parquet',
  'https://devstoreaccount1@HOST/devstoreaccount1/c/x.parquet',
  'file:///etc/hostname',
  '/etc/hostname',
  's3://bucket/x.parquet',
]

describe.each(['azure', 'local'] as const)('a table (%s) whose log names a file elsewhere', kind => {
  test.each(elsewhere)('%s: nothing is read there, and nothing is sent', async address => {
    const path = address.replace('HOST', recorder.host)
    const inline: DeletionVector = {
      storageType: 'p',
      pathOrInlineDv: path,
      offset: 1,
      sizeInBytes: 40,
      cardinality: 1n,
    }
    const own = await fresh(kind)
    const byFile = await tableNaming(own, path)
    const byVector = await tableNaming(await fresh(kind), 'own.parquet', { deletionVector: inline })
    for (const table of [byFile, byVector]) {
      for (const options of [{}, { openFolder: openStore }]) {
        await expect(rowsIn(table, options)).rejects.toMatchObject({ code: 'DELTA_BAD_PATH', retryable: false })
      }
      for (const words of [
        ['read', table.url],
        ['read', table.url, '--where', 'id > 0'],
        ['delete', table.url, '--where', 'id > 0'],
      ]) {
        const { code, output, messages } = await lake(words)
        expect([code, output]).toEqual([1, ''])
        expect(messages).toMatch(/^error: .*(x\.parquet|hostname|own\.parquet)/)
      }
    }
    expect(recorder.arrivals).toEqual([])
  })
})

describe('what the user names is followed', () => {
  test('a server that is named as an external location is asked', async () => {
    const table = await tableNaming(await fresh('local'), `http://${recorder.host}/devstoreaccount1/c/d/x.parquet`)
    const location = `http://${recorder.host}/devstoreaccount1/c`
    const other = await lake(['read', table.url, '--external-location', `http://${recorder.host}/devstoreaccount1/cc`])
    expect(other.messages).toContain('--external-location')
    expect(recorder.arrivals).toEqual([])
    const ways = [
      { words: ['--external-location', location], environment: {} },
      { words: [], environment: { LAKE_EXTERNAL_LOCATIONS: `file:///nowhere, ${location}` } },
      {
        words: ['--where', 'id > 0'],
        environment: { LAKE_EXTERNAL_LOCATIONS: `http://${recorder.host}/devstoreaccount1` },
      },
    ]
    for (const { words, environment } of ways) {
      const result = await lake(['read', table.url, ...words], { environment })
      expect(result.messages).toMatch(/missing|gone/)
      expect(recorder.arrivals.splice(0).map(arrival => arrival.what)).toContain('GET /devstoreaccount1/c/d/x.parquet')
    }
  })

  test("a token is given to the user's own account, and to no host that only looks like storage", async () => {
    const own = await openAzureBlob('https://acct.blob.core.windows.net/lake', {
      deadlineMs: 30_000,
      silenceMs: 30_000,
      pauseMs: 1,
    })
    await expect(own.get('x')).rejects.toMatchObject({ code: expect.stringContaining('STORAGE_') as string })
    expect(recorder.arrivals.map(arrival => arrival.what)).toContain('CONNECT acct.blob.core.windows.net:443')
    recorder.arrivals.splice(0)
    for (const url of [
      'https://acct.blob.attacker.example/lake',
      'http://acct.blob.core.windows.net/lake',
      'https://acct.blob.core.windows.net.attacker.example/lake',
    ]) {
      await expect(openStore(url)).rejects.toMatchObject({ code: 'STORAGE_FORBIDDEN' })
    }
    expect(recorder.arrivals).toEqual([])
  })
})

describe('a shallow clone', () => {
  test('of a table in another container of the account is read, filtered, changed and restored with what opens the table', async () => {
    const source = new DeltaTable(await openAzureBlob(`${azurite.url}/source/s 1`))
    await source.commit(createTable({ schema, createdTime: 0 }))
    await appendRows(source, [rowsOf(schema, [{ id: 1n }, { id: 2n }])])
    const file = (await source.snapshot())?.files[0]
    if (file === undefined) throw new Error('the source has no file')
    for (const root of [`${azurite.url}/source/s%201`, `${azurite.url}//source/s%201`]) {
      const clone = await tableNaming(await fresh('azure'), `${root}/${file.path}`, { size: file.size })
      expect(await rowsIn(clone)).toEqual([[1n], [2n]])
      expect((await lake(['read', clone.url, '--where', 'id > 1'])).output).toBe('{"id":2}\n')
      expect(await lake(['delete', clone.url, '--where', 'id = 1'])).toMatchObject({ code: 0 })
      expect((await lake(['read', clone.url])).output).toBe('{"id":2}\n')
      expect(await lake(['restore', clone.url, '--version', '1'])).toMatchObject({ code: 0 })
      expect((await lake(['read', clone.url])).output).toBe('{"id":1}\n{"id":2}\n')
    }
    expect(recorder.arrivals).toEqual([])
  })

  test('with a deletion vector in the other container sees what is deleted there', async () => {
    const source = new DeltaTable(await openAzureBlob(`${azurite.url}/source/v`))
    await source.commit(createTable({ schema, createdTime: 0 }))
    await appendRows(source, [rowsOf(schema, [{ id: 1n }, { id: 2n }])])
    const file = (await source.snapshot())?.files[0]
    const { name, bytes, vector } = encodeDeletionVector([0])
    await source.store.put(name, bytes)
    const clone = await tableNaming(await fresh('azure'), `${source.url}/${file?.path ?? ''}`, {
      size: file?.size ?? 0,
      deletionVector: { ...vector, storageType: 'p', pathOrInlineDv: `${source.url}/${name}` },
    })
    expect(await rowsIn(clone)).toEqual([[2n]])
    expect((await lake(['read', clone.url, '--where', 'true'])).output).toBe('{"id":2}\n')
  })
})

describe('a storage service that sends its client elsewhere', () => {
  test.each(
    [301, 302, 307, 308].flatMap(
      status =>
        [
          [status, 'another host'],
          [status, 'another place'],
        ] as const,
    ),
  )('%i to %s: neither the request nor the signature goes there', async (status, where) => {
    const stub = await startBlobServiceStub(({ target }) => ({
      status,
      headers: { location: where === 'another host' ? `http://${recorder.host}${target}` : `${target}2` },
    }))
    try {
      const store = await openAzureBlob(stub.url, { deadlineMs: 2000 })
      await expect(store.get('x')).rejects.toMatchObject({
        retryable: false,
        message: expect.stringContaining('elsewhere') as string,
      })
      await expect(store.head('x')).rejects.toMatchObject({ retryable: false })
      await expect(store.putIfAbsent('x', new Uint8Array(1))).rejects.toMatchObject({ retryable: false })
      expect(stub.requests).toHaveLength(3)
      expect(recorder.arrivals).toEqual([])
    } finally {
      await stub.stop()
    }
  })
})

describe('a table whose address has a signature', () => {
  test('is made, read and changed with it, and no message shows it', async () => {
    const key = new StorageSharedKeyCredential(emulatorAccount, emulatorKey)
    const sas = generateAccountSASQueryParameters(
      {
        services: 'b',
        resourceTypes: 'sco',
        expiresOn: new Date(Date.now() + 3_600_000),
        version: '2023-11-03',
        permissions: AccountSASPermissions.parse('rwdlac'),
        protocol: SASProtocol.HttpsAndHttp,
      },
      key,
    ).toString()
    const bare = `${azurite.url}/signed/t`
    const url = `${bare}?${sas}`
    const signature = new URLSearchParams(sas).get('sig') ?? ''
    const said: string[] = []
    const run = async (words: readonly string[], input = '') => {
      const { code, output, messages } = await lake(words, { input })
      said.push(output, messages)
      return { code, output }
    }
    expect(await run(['read', url])).toMatchObject({ code: 1 })
    expect(await run(['create', url, '--schema', 'id BIGINT'])).toMatchObject({ code: 0 })
    expect(await run(['create', url, '--schema', 'id BIGINT'])).toMatchObject({ code: 1 })
    expect(await run(['append', url, '--from', '-'], '{"id":1}\n')).toMatchObject({ code: 0 })
    expect(await run(['read', url])).toEqual({ code: 0, output: '{"id":1}\n' })
    // Another folder of the account is reached with the same signature.
    const file = (await new DeltaTable(await openStore(bare)).snapshot())?.files[0]
    const clone = await tableNaming(await openAzureBlob(`${azurite.url}/signed/clone`), `${bare}/${file?.path ?? ''}`, {
      size: file?.size ?? 0,
    })
    expect(await run(['read', `${clone.url}?${sas}`])).toEqual({ code: 0, output: '{"id":1}\n' })
    for (const words of [
      ['optimize', `${url}x`],
      ['vacuum', `${azurite.url}/signed/none?${sas}`],
      ['read', url, url],
      ['read', url.replace('http:/', 'http:')],
    ]) {
      expect(await run(words)).toMatchObject({ code: 1 })
    }
    expect(said.join('\n')).toContain('signed/t')
    for (const form of [signature, encodeURIComponent(signature)]) expect(said.join('\n')).not.toContain(form)
  })

  test.each(['#other', '?version=1', '#'])(
    'an address that ends in %s is refused rather than taken for the one without it',
    async end => {
      const { code, messages } = await lake(['create', `${azurite.url}/signed/u${end}`, '--schema', 'id BIGINT'])
      expect(code).toBe(1)
      expect(messages).toContain('is no address of a blob container')
      expect((await lake(['read', `${azurite.url}/signed/u`])).messages).toContain('There is no table')
    },
  )
})
