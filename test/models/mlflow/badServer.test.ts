import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { isRetryable } from '../../../shared/errors.js'
import { starterModel } from '../../../shared/models/index.js'
import { MlflowError } from '../../../shared/models/mlflow/mlflowError.js'
import { MlflowModelSource } from '../../../shared/models/mlflow/mlflowModelSource.js'
import type { MlflowOptions } from '../../../shared/models/mlflow/mlflowServer.js'
import { encodeMlModel } from '../../../shared/models/mlflow/mlmodelFile.js'
import { scoreSignature } from '../../../shared/models/mlflow/signature.js'
import { file, listing, offered, serveModel, serverAt, type StandIn, startStandIn, status } from './standIn.js'

const alias = 'GET /api/2.0/mlflow/registered-models/alias'
const { onnx } = starterModel('m')
let server: StandIn

beforeEach(async () => {
  server = await startStandIn()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

async function mlmodel(): Promise<Uint8Array> {
  return encodeMlModel({
    modelId: 'm-1',
    runId: 'r',
    artifactUri: 'mlflow-artifacts:/1',
    signature: scoreSignature([
      'value',
      'event_type=click',
      'event_type=view',
      'event_type=purchase',
      'event_type=sign_up',
    ]),
    size: 1,
    createdAt: 0,
    hasInputExample: false,
    metadata: {},
  })
}

function source(options: Partial<MlflowOptions> = {}, maxBytes = 1_000_000): MlflowModelSource {
  const model = {
    name: 'm',
    select: { by: 'alias', alias: 'champion' },
    stream: 'events',
    features: offered,
    maxBytes,
  } as const
  return new MlflowModelSource(serverAt(server.url, options), model)
}

async function failure(asked: Promise<unknown>): Promise<MlflowError> {
  const thrown: unknown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof MlflowError)) throw new Error(`expected an MlflowError, not ${String(thrown)}`)
  return thrown
}

describe('one clear sentence for', () => {
  test('a server that is not there', async () => {
    await server[Symbol.asyncDispose]()
    const error = await failure(source({ retries: 0 }).champion())
    expect(error.code).toBe('MLFLOW_UNREACHABLE')
    expect(error.message).toMatch(/cannot be reached \(ECONNREFUSED\)\. Check MLFLOW_TRACKING_URI/)
    expect(isRetryable(error)).toBe(true)
  })

  test('a server that never answers', async () => {
    const silent = createServer()
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const slow = serverAt(`http://127.0.0.1:${port}`, { timeoutMs: 50, retries: 0 })
    const error = await failure(slow.registry.find('m', { by: 'version', version: '1' }))
    silent.close()
    expect(error.code).toBe('MLFLOW_TIMEOUT')
    expect(error.message).toContain('no answer for 0.05 s')
  })

  test('a server that sends a byte now and then, and would for hours', async () => {
    const trickling = createHttpServer((_, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000000' })
      const timer = setInterval(() => answer.write(' '), 10)
      answer.on('close', () => {
        clearInterval(timer)
      })
    })
    await new Promise<void>(resolve => trickling.listen(0, '127.0.0.1', resolve))
    const { port } = trickling.address() as AddressInfo
    const slow = serverAt(`http://127.0.0.1:${String(port)}`, { timeoutMs: 200, retries: 0 })
    const error = await failure(slow.registry.find('m', { by: 'version', version: '1' }))
    trickling.close()
    expect(error.code).toBe('MLFLOW_TIMEOUT')
    expect(error.message).toContain('sent less than 64 KiB in 0.2 s')
    expect(isRetryable(error)).toBe(true)
  })

  test('a sign-in that is missing, and one that is wrong, without the password', async () => {
    server.answer(alias, status(401, 'You are not authenticated. password=hunter2hunter2'))
    expect((await failure(source().champion())).message).toMatch(
      /does not take the sign-in \(HTTP 401\)\. Set MLFLOW_TRACKING_USERNAME/,
    )
    const credentials = { username: 'lake', password: 'hunter2hunter2' }
    const error = await failure(source({ credentials }).champion())
    expect(error.code).toBe('MLFLOW_UNAUTHORIZED')
    expect(error.message).toMatch(/Correct MLFLOW_TRACKING_USERNAME/)
    expect(JSON.stringify([error.message, error.data])).not.toContain('hunter2')
    expect(server.received.at(-1)?.headers.authorization).toBe(
      `Basic ${Buffer.from('lake:hunter2hunter2').toString('base64')}`,
    )
    expect(server.received).toHaveLength(2)
  })

  test('a host name that the server does not serve', async () => {
    server.answer(alias, status(403, 'Invalid Host header - possible DNS rebinding attack detected'))
    const error = await failure(source().champion())
    expect(error.code).toBe('MLFLOW_FORBIDDEN')
    expect(error.message).toContain(`Start it with --allowed-hosts ${new URL(server.url).host}.`)
  })

  test('a permission that is missing, with what the server says of it', async () => {
    server.answer(alias, status(403, { error_code: 'PERMISSION_DENIED', message: 'Permission\ndenied' }))
    const error = await failure(source().champion())
    expect(error.message).toMatch(
      /forbids GET \/api\/2\.0\/mlflow\/registered-models\/alias \(HTTP 403 \("Permission denied"\)\)/,
    )
  })

  test('a refusal that repeats the token, without it', async () => {
    server.answer(alias, status(400, { error_code: 'BAD', message: 'no use for Bearer tok3n-0f-0urs, sorry' }))
    const { message } = await failure(source({ credentials: { token: 'tok3n-0f-0urs' } }).champion())
    expect(message).toMatch(/refuses GET .* sorry/)
    expect(message).not.toContain('tok3n')
  })

  test('a failure of the server, after it was asked again', async () => {
    server.answer(alias, status(500, '<html>a page</html>'))
    const error = await failure(source().champion())
    expect(error.code).toBe('MLFLOW_SERVER_ERROR')
    expect(error.message).toMatch(/failed at GET .* \(HTTP 500\)\. See the server's log\./)
    expect(server.received).toHaveLength(4)
  })

  test('an address that is no MLflow server', async () => {
    server.answer(alias, status(200, 'hello'))
    expect((await failure(source().champion())).code).toBe('MLFLOW_BAD_ANSWER')
    server.answer(alias, status(404, '<html>'))
    expect((await failure(source().champion())).message).toMatch(
      /Set MLFLOW_TRACKING_URI to the root of an MLflow server/,
    )
    server.answer(alias, { model_version: { version: 'three' } })
    expect((await failure(source().champion())).message).toContain('without a model_version with name and version')
  })

  test('a redirect to another host: nothing is sent there', async () => {
    await using other = await startStandIn()
    server.answer(alias, status(307, '', { location: `${other.url}/api/2.0/mlflow/registered-models/alias` }))
    const error = await failure(source({ credentials: { token: 'a-token-of-ours' } }).champion())
    expect(error.code).toBe('MLFLOW_BAD_ANSWER')
    expect(error.message).toContain(`redirects to ${other.url}, which is not followed`)
    expect(other.received).toEqual([])
  })
})

describe('what passes is waited for', () => {
  test('too many requests, then an answer; and as long as the server asks for', async () => {
    server.answer(alias, status(429, '', { 'retry-after': '7' }), status(503, ''), {
      model_version: { name: 'm', version: '3' },
    })
    const { ManualClock } = await import('../../../shared/clock.js')
    const clock = new ManualClock(0)
    expect(await source({ clock }).champion()).toEqual({ name: 'm', version: '3', digest: '' })
    expect(clock.now()).toBeGreaterThanOrEqual(9_000)
    expect(clock.now()).toBeLessThan(11_000)
  })

  test('what makes something new is not made twice', async () => {
    const create = 'POST /api/2.0/mlflow/model-versions/create'
    server.answer(create, status(500, ''))
    const version = { name: 'm', source: 'models:/m-1', runId: 'r', modelId: 'm-1', tags: {} }
    await failure(serverAt(server.url).registry.createVersion(version))
    expect(server.received).toHaveLength(1)
    server.answer(create, status(429, ''), { model_version: { name: 'm', version: 4 } })
    expect((await serverAt(server.url).registry.createVersion(version)).version).toBe('4')
  })
})

describe('a model, an alias or a version that is not there', () => {
  test.each([
    ['alias', 400, 'INVALID_PARAMETER_VALUE', 'Registered model alias champion not found.'],
    ['model', 404, 'RESOURCE_DOES_NOT_EXIST', 'Registered Model with name=m not found'],
  ])('no %s is no champion, and no failure', async (_, code, error_code, message) => {
    server.answer(alias, status(code, { error_code, message }))
    expect(await source().champion()).toBeUndefined()
  })
})

describe('downloads', () => {
  test('a model whole, by a name with spaces and a slash', async () => {
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx })
    const model = {
      name: 'our team/m',
      select: { by: 'alias', alias: 'champion' },
      stream: 'events',
      features: offered,
      maxBytes: 1e6,
    } as const
    const spaced = new MlflowModelSource(serverAt(server.url), model)
    expect((await spaced.champion())?.version).toBe('3')
    expect(server.received.at(-1)?.url).toContain('name=our+team%2Fm&')
    const loaded = await spaced.load('3')
    expect(loaded.onnx).toEqual(Buffer.from(onnx))
    expect(loaded.card.features).toHaveLength(2)
  })

  test('half a file is asked for again, then refused', async () => {
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx })
    const path = 'GET /api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts/model.onnx'
    const half: Parameters<StandIn['answer']>[1] = response => {
      response.writeHead(200, { 'content-length': onnx.byteLength })
      response.write(onnx.subarray(0, onnx.byteLength / 2))
      setImmediate(() => response.destroy())
    }
    server.answer(path, half, file(onnx))
    expect((await source().load('3')).onnx.byteLength).toBe(onnx.byteLength)
    server.answer(path, half)
    const error = await failure(source().load('3'))
    expect(error.code).toBe('MLFLOW_INCOMPLETE')
    expect(isRetryable(error)).toBe(true)
  })

  test('a file shorter than its listing says is refused', async () => {
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx })
    server.answer('GET /api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts/model.onnx', file(onnx.subarray(1)))
    expect((await failure(source().load('3'))).message).toMatch(/model\.onnx came with \d+ bytes of \d+/)
  })

  test('more than a model may have is not taken: by its listing, as announced, or as it comes', async () => {
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx })
    expect((await failure(source({}, 1_000).load('3'))).message).toMatch(/larger than the 1000 bytes/)
    server.answer(listing, { files: [{ path: 'model.onnx', is_dir: false }] })
    const path = 'GET /api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts/model.onnx'
    server.answer(path, response => {
      response.writeHead(200, { 'content-length': 10 ** 9 })
      response.write('only the beginning, and never the rest')
    })
    expect((await failure(source({}, 100).load('3'))).message).toMatch(/sends more than the 100 bytes/)
    server.answer(path, response => {
      response.writeHead(200)
      response.write(onnx)
    })
    expect((await failure(source({}, 100).load('3'))).message).toMatch(/sends more than the 100 bytes/)
  })

  test.each(['../secrets', '/etc/passwd', 'a/../../b', 'a\\b', '..', 'plots/..', ''])(
    'a listing that names %j is refused before anything is read',
    async path => {
      serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx })
      server.answer(listing, { files: [{ path, is_dir: false, file_size: 1 }] })
      const error = await failure(source().load('3'))
      expect(error.code).toBe('MLFLOW_UNTRUSTED')
      expect(server.received.filter(({ url }) => url.includes('artifacts/1/models'))).toEqual([])
    },
  )

  test('folders without end are given up', async () => {
    serveModel(server, {})
    server.answer(listing, { files: [{ path: 'deeper', is_dir: true }] })
    expect((await failure(source().load('3'))).message).toContain('8 folders in each other')
  })

  test('an alias that moves between the check and the download does not matter: the version counts', async () => {
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx })
    const asked = source()
    const champion = await asked.champion()
    server.answer(alias, { model_version: { name: 'm', version: '4' } })
    expect((await asked.load(champion?.version ?? '')).card.version).toBe('3')
    expect(
      server.received.filter(({ url }) => url.includes('get-download-uri')).map(({ url }) => url.split('?')[1]),
    ).toEqual(['name=m&version=3'])
  })
})
