import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { starterModel } from '../../../shared/models/index.js'
import { externalFiles } from '../../../shared/models/mlflow/externalTensors.js'
import { MlflowModelSource } from '../../../shared/models/mlflow/mlflowModelSource.js'
import type { MlflowServer } from '../../../shared/models/mlflow/mlflowServer.js'
import { encodeMlModel } from '../../../shared/models/mlflow/mlmodelFile.js'
import { ModelRegistry } from '../../../shared/models/mlflow/registry.js'
import { scoreSignature } from '../../../shared/models/mlflow/signature.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import { listing, offered, serveModel, serverAt, type StandIn, startStandIn, status } from './standIn.js'

/** Servers that follow the public documents of Databricks and Azure Machine Learning; the services themselves were not asked. */
const api = '/api/2.0/mlflow'
const signer = { authorization: () => Promise.resolve('Bearer test'), remedy: 'Test.' }
const { onnx } = starterModel('m')
let server: StandIn
let blobs: ObjectStore
let opened: string[]

beforeEach(async () => {
  server = await startStandIn()
  const memory = new MemoryStore()
  blobs = memory
  opened = []
  await memory.put('model.onnx', onnx)
  await memory.put('MLmodel', await mlmodel())
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

async function mlmodel(metadata: Record<string, unknown> = {}): Promise<Uint8Array> {
  const signature = scoreSignature([
    'value',
    'event_type=click',
    'event_type=view',
    'event_type=purchase',
    'event_type=sign_up',
  ])
  return encodeMlModel({
    modelId: 'm',
    runId: 'r',
    artifactUri: 'x',
    signature,
    size: 1,
    createdAt: 0,
    hasInputExample: false,
    metadata,
  })
}

const openBlobs = (url: string) => {
  opened.push(url)
  return Promise.resolve(blobs)
}

function source(
  of: MlflowServer,
  name = 'm',
  select: ConstructorParameters<typeof MlflowModelSource>[1]['select'] = { by: 'version', version: '3' },
) {
  return new MlflowModelSource(of, { name, select, stream: 'events', features: offered, maxBytes: 1e6 })
}

describe('an MLflow server', () => {
  test.each([
    'wasbs://models@acct.blob.core.windows.net/1/m-1/artifacts',
    'abfss://models@acct.dfs.core.windows.net/1/m-1/artifacts',
  ])('whose files are in %s is read with our own access', async uri => {
    server.answer(`GET ${api}/model-versions/get-download-uri`, { artifact_uri: uri })
    const loaded = await source(serverAt(server.url, { openBlobs })).load('3')
    expect(Buffer.from(loaded.onnx)).toEqual(Buffer.from(onnx))
    expect(opened[0]).toMatch(/^https:\/\/acct\.(blob|dfs)\.core\.windows\.net\/models\/1\/m-1\/artifacts$/)
  })

  test('that answers with a logged model or with a run is asked where those are', async () => {
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx })
    server.answer(`GET ${api}/model-versions/get-download-uri`, { artifact_uri: 'models:/m-1' })
    server.answer(`GET ${api}/logged-models/m-1`, {
      model: { info: { artifact_uri: 'mlflow-artifacts:/1/models/m-1/artifacts' } },
    })
    expect((await source(serverAt(server.url)).load('3')).card.version).toBe('3')
    server.answer(`GET ${api}/model-versions/get-download-uri`, { artifact_uri: 'runs:/r1/artifacts' })
    server.answer(`GET ${api}/runs/get`, { run: { info: { artifact_uri: 'mlflow-artifacts:/1/models/m-1' } } })
    expect((await source(serverAt(server.url)).load('3')).card.version).toBe('3')
    server.answer(`GET ${api}/model-versions/get-download-uri`, { artifact_uri: 'models:/m-1' })
    server.answer(`GET ${api}/logged-models/m-1`, { model: { info: { artifact_uri: 'models:/m-1' } } })
    await expect(source(serverAt(server.url)).load('3')).rejects.toThrow('again and again')
  })

  test('whose model brings features, threshold and output along', async () => {
    const features = [{ name: 'value', column: 'value', kind: 'numeric' }]
    const brought = await encodeMlModel({
      modelId: 'm',
      runId: 'r',
      artifactUri: 'x',
      signature: scoreSignature(['value']),
      size: 1,
      createdAt: 0,
      hasInputExample: false,
      metadata: { features, threshold: 0.8, output: 'scores' },
    })
    serveModel(server, { MLmodel: brought, 'model.onnx': onnx })
    expect((await source(serverAt(server.url)).load('3')).card).toMatchObject({
      features,
      threshold: 0.8,
      output: 'scores',
    })
    const declared = {
      name: 'm',
      select: { by: 'version', version: '3' },
      stream: 'events',
      features: offered,
    } as const
    const named = new MlflowModelSource(serverAt(server.url), { ...declared, output: 'y', maxBytes: 1e6 })
    expect((await named.load('3')).card.output).toBe('y')
    serveModel(server, { MLmodel: await mlmodel({ features: [{ kind: 'numeric' }] }), 'model.onnx': onnx })
    await expect(source(serverAt(server.url)).load('3')).rejects.toThrow('features[0].column must be a text')
  })

  test('that has other files than the model.json says, or a model of another stream', async () => {
    const { card } = starterModel('m')
    const json = (changes: object) =>
      new TextEncoder().encode(JSON.stringify({ ...card, created_at: card.createdAt, ...changes }))
    const folder = async (changes: object) => {
      serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': onnx, 'model.json': json(changes) })
      return source(serverAt(server.url)).load('3')
    }
    expect((await folder({})).card.golden).toEqual(card.golden)
    await expect(folder({ sha256: 'f'.repeat(64) })).rejects.toThrow('one of the two was replaced')
    await expect(folder({ stream: 'orders' })).rejects.toThrow('was trained for the stream orders')
  })

  test('whose model keeps tensors beside it', async () => {
    const field = (id: number, ...parts: (Uint8Array | string)[]) => {
      const body = Buffer.concat(parts.map(part => Buffer.from(part as Uint8Array)))
      return Buffer.concat([Uint8Array.from([id * 8 + 2, body.length]), body])
    }
    const location = field(13, field(1, 'location'), field(2, 'weights.bin'))
    const external = field(7, field(5, field(8, 'w'), location, field(13, field(1, 'offset'), field(2, '16'))))
    expect(externalFiles(external)).toEqual(['weights.bin'])
    expect(externalFiles(onnx)).toEqual([])
    expect(() => externalFiles(external.subarray(0, 20))).toThrow(RangeError)
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': external, 'weights.bin': Uint8Array.of(1, 2) })
    const loaded = await source(serverAt(server.url)).load('3')
    expect([...(loaded.external ?? [])]).toEqual([['weights.bin', Buffer.from([1, 2])]])
    expect(loaded.card.external).toEqual(['weights.bin'])
    expect([...(loaded.more?.keys() ?? [])]).toEqual(['MLmodel'])
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': external })
    await expect(source(serverAt(server.url)).load('3')).rejects.toThrow(
      'keeps tensors in "weights.bin", which was not logged',
    )
    serveModel(server, { MLmodel: await mlmodel(), 'model.onnx': Uint8Array.of(7, 7, 7) })
    await expect(source(serverAt(server.url)).load('3')).rejects.toThrow('is no ONNX file')
  })
})

describe('Databricks', () => {
  const databricks = () => serverAt('databricks', { databricksHost: server.url, registryUri: 'databricks', signer })
  const unity = () => serverAt('databricks', { databricksHost: server.url, signer, openBlobs })

  test('the workspace registry: listed by whole paths, fetched by addresses that it signs, in Azure only', async () => {
    server.answer(`GET ${api}/model-versions/get-download-uri`, {
      artifact_uri: 'dbfs:/databricks/mlflow-registry/x/models/m',
    })
    server.answer(
      `GET ${api}/model-versions/list-artifacts`,
      {
        files: [
          { path: 'MLmodel', is_dir: false, file_size: 9 },
          { path: 'data', is_dir: true },
        ],
      },
      { files: [{ path: 'data/model.onnx', is_dir: false, file_size: onnx.byteLength }] },
    )
    server.answer(`GET ${api}/model-versions/get-signed-download-uri`, {
      signed_uri: 'https://evil.example.com/x?sig=abcdefghij',
    })
    await expect(source(databricks()).load('3')).rejects.toThrow(
      'at evil.example.com, which is no host of Azure Storage',
    )
    expect(server.received.map(({ url }) => decodeURIComponent(url.split('?')[1] ?? ''))).toEqual([
      'name=m&version=3',
      'name=m&version=3&path=',
      'name=m&version=3&path=data',
      'name=m&version=3&path=MLmodel',
    ])
    expect(server.received[0]?.headers.authorization).toBe('Bearer test')
  })

  test('Unity Catalog: names of three parts, files with a signature for a while', async () => {
    const uc = `${api}/unity-catalog`
    server.answer(`GET ${uc}/registered-models/alias`, { model_version: { name: 'main.ml.anomaly', version: '3' } })
    server.answer(`GET ${uc}/model-versions/get-download-uri`, {
      artifact_uri: 'abfss://c@acct.dfs.core.windows.net/__unitystorage/models/1/versions/2',
    })
    server.answer(`POST ${uc}/model-versions/generate-temporary-credentials`, {
      credentials: { azure_user_delegation_sas: { sas_token: 'sv=2024&sig=c2VjcmV0c2VjcmV0' }, expiration_time: 1 },
    })
    const asked = source(unity(), 'main.ml.anomaly', { by: 'alias', alias: 'champion' })
    expect((await asked.champion())?.version).toBe('3')
    await asked.load('3')
    expect(opened).toEqual([
      'https://acct.dfs.core.windows.net/c/__unitystorage/models/1/versions/2?sv=2024&sig=c2VjcmV0c2VjcmV0',
    ])
    await expect(source(unity(), 'anomaly').champion()).rejects.toThrow('Name it as catalog.schema.model')
    server.answer(`POST ${uc}/model-versions/generate-temporary-credentials`, {
      credentials: { aws_temp_credentials: {} },
    })
    await expect(asked.load('3')).rejects.toThrow('are not in Azure Storage')
  })
})

describe('Azure Machine Learning', () => {
  const workspace = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w'

  /** Its registry by the MLflow API, at a stand-in that the name of the service cannot lead to. */
  const registry = () => {
    const { tracking } = serverAt(server.url, { signer })
    return new ModelRegistry(Object.assign(tracking, { server: { kind: 'azureml', baseUrl: server.url } }), false)
  }

  test('has no aliases, and is told how else', async () => {
    await expect(registry().find('m', { by: 'alias', alias: 'champion' })).rejects.toThrow(
      'models:/m?tag=alias:champion',
    )
    expect(server.received).toEqual([])
  })

  test('the newest version with a tag, by its number', async () => {
    const version = (number: string, stage: string) => ({
      name: 'm',
      version: number,
      tags: [{ key: 'stage', value: stage }],
    })
    server.answer(`GET ${api}/model-versions/search`, {
      model_versions: [version('9', 'production'), version('10', 'production'), version('11', 'test')],
    })
    expect((await registry().find('m', { by: 'tag', key: 'stage', value: 'production' }))?.version).toBe('10')
    expect(await registry().find('m', { by: 'tag', key: 'stage', value: 'none' })).toBeUndefined()
  })

  test('files are in the container of the datastore that the model names', async () => {
    const { azureMlFolder } = await import('../../../shared/models/mlflow/azureMlArtifacts.js')
    const { tracking } = serverAt(server.url, { signer })
    const model = `GET ${workspace}/models/m/versions/3`
    server.answer(model, {
      properties: {
        modelUri: 'azureml://subscriptions/s/resourceGroups/g/workspaces/w/datastores/blobs/paths/LocalUpload/1/model',
      },
    })
    server.answer(`GET ${workspace}/datastores/blobs`, {
      properties: { datastoreType: 'AzureBlob', accountName: 'acct', containerName: 'c', endpoint: 'core.windows.net' },
    })
    const folder = azureMlFolder(tracking, `https://westeurope.api.azureml.ms/mlflow/v1.0${workspace}`, {
      name: 'm',
      version: '3',
    })
    expect(await folder).toBe('https://acct.blob.core.windows.net/c/LocalUpload/1/model')
    server.answer(model, { properties: { modelUri: 'azureml://jobs/j/outputs/o' } })
    await expect(azureMlFolder(tracking, workspace, { name: 'm', version: '3' })).rejects.toThrow('are in no datastore')
    await expect(
      azureMlFolder(tracking, 'https://westeurope.api.azureml.ms', { name: 'm', version: '3' }),
    ).rejects.toThrow('names no workspace')
  })
})

test('a version that a server has lost is said by its name', async () => {
  server.answer(
    `GET ${api}/model-versions/get-download-uri`,
    status(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Model Version (name=m, version=3) not found' }),
  )
  await expect(source(serverAt(server.url)).load('3')).rejects.toThrow(
    'has no such thing: Model Version (name=m, version=3) not found',
  )
  serveModel(server, {})
  server.answer(listing, {})
  await expect(source(serverAt(server.url)).load('3')).rejects.toThrow('has no MLmodel')
})
