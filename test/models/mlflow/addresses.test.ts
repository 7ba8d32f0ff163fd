import { describe, expect, test } from 'vitest'

import { encodedPath } from '../../../shared/models/mlflow/artifactPath.js'
import { parseArtifactUri } from '../../../shared/models/mlflow/artifactUri.js'
import { MlflowError } from '../../../shared/models/mlflow/mlflowError.js'
import { requestSigner } from '../../../shared/models/mlflow/requestSigner.js'
import { parseTrackingUri, type TrackingServer } from '../../../shared/models/mlflow/trackingUri.js'

const oss: TrackingServer = { kind: 'mlflow', baseUrl: 'https://mlflow.example.com:5000/prefix' }

function refusal(act: () => unknown): string {
  try {
    return `nothing refused: ${JSON.stringify(act())}`
  } catch (thrown) {
    if (!(thrown instanceof MlflowError)) throw thrown
    return `${thrown.code} ${thrown.message}`
  }
}

describe('where a server is', () => {
  test.each([
    ['http://127.0.0.1:5000', 'mlflow', 'http://127.0.0.1:5000'],
    ['https://mlflow.example.com/team/', 'mlflow', 'https://mlflow.example.com/team'],
    ['databricks', 'databricks', 'https://adb-1.2.azuredatabricks.net'],
    [
      'azureml://westeurope.api.azureml.ms/mlflow/v1.0/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w',
      'azureml',
      'https://westeurope.api.azureml.ms/mlflow/v1.0/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w',
    ],
  ])('%s', (uri, kind, baseUrl) => {
    expect(parseTrackingUri(uri, 'MLFLOW_TRACKING_URI', 'https://adb-1.2.azuredatabricks.net/?o=2')).toEqual({
      kind,
      baseUrl,
      unityCatalog: false,
    })
  })

  test('databricks-uc is Unity Catalog', () => {
    expect(
      parseTrackingUri('databricks-uc', 'MLFLOW_REGISTRY_URI', 'https://adb-1.2.azuredatabricks.net').unityCatalog,
    ).toBe(true)
  })

  test.each([
    ['file:///tmp/mlruns', 'expected http(s)://host:port'],
    ['sqlite:///mlflow.db', 'expected http(s)://host:port'],
    ['databricks://profile', 'profiles of a file are not read'],
    ['http://user:password@host', 'a user belongs into MLFLOW_TRACKING_USERNAME'],
    ['azureml://evil.example.com/mlflow', 'is no host of Azure Machine Learning'],
    ['http://host/?a=b', 'without "?" and "#"'],
  ])('%s is refused', (uri, why) => {
    const said = refusal(() => parseTrackingUri(uri, 'MLFLOW_TRACKING_URI', undefined))
    expect(said).toMatch(/^MLFLOW_BAD_ADDRESS MLFLOW_TRACKING_URI cannot be used: /)
    expect(said).toContain(why)
    expect(said).not.toContain('password@')
  })

  test('databricks without its host', () => {
    expect(refusal(() => parseTrackingUri('databricks', 'MLFLOW_TRACKING_URI', undefined))).toContain('DATABRICKS_HOST')
  })
})

describe('where files are', () => {
  test.each([
    ['mlflow-artifacts:/1/models/m-1/artifacts', { kind: 'proxy', path: '1/models/m-1/artifacts' }],
    ['mlflow-artifacts:/1/a b/ä', { kind: 'proxy', path: '1/a b/ä' }],
    ['mlflow-artifacts://mlflow.example.com:5000/1/r', { kind: 'proxy', path: '1/r' }],
    ['mlflow-artifacts://mlflow.example.com/1/r', { kind: 'proxy', path: '1/r' }],
    ['https://mlflow.example.com:5000/prefix/api/2.0/mlflow-artifacts/artifacts/1/r', { kind: 'proxy', path: '1/r' }],
    ['models:/m-0123', { kind: 'loggedModel', modelId: 'm-0123' }],
    ['runs:/abc/model', { kind: 'run', runId: 'abc', path: 'model' }],
    ['wasbs://c@acct.blob.core.windows.net/a/b', { kind: 'blob', url: 'https://acct.blob.core.windows.net/c/a/b' }],
    ['abfss://c@acct.dfs.core.windows.net/a b', { kind: 'blob', url: 'https://acct.dfs.core.windows.net/c/a%20b' }],
    ['https://acct.blob.core.windows.net/c/a', { kind: 'blob', url: 'https://acct.blob.core.windows.net/c/a' }],
  ])('%s', (uri, place) => {
    expect(parseArtifactUri(uri, oss)).toEqual(place)
  })

  test.each([
    'mlflow-artifacts:/1/../2',
    'mlflow-artifacts:/../etc',
    'mlflow-artifacts://other.example.com/1/r',
    'mlflow-artifacts://mlflow.example.com:5001/1/r',
    'https://mlflow.example.com:5000/prefix/other',
    'https://other.example.com/api/2.0/mlflow-artifacts/artifacts/1',
    'http://acct.blob.core.windows.net/c/a',
    'wasbs://c@acct.example.com/a',
    'abfss://c@acct.dfs.core.windows.net/a/../../b',
    'https://acct.blob.core.windows.net/c/a?sv=1&sig=abcdefgh',
    'runs:/abc/../x',
    'models:/name/3',
    'dbfs:/databricks/mlflow',
    'file:///mlruns/0',
    '/mlruns/0',
    './mlruns',
    's3://bucket/a',
  ])('%s is not followed', uri => {
    const said = refusal(() => parseArtifactUri(uri, oss))
    expect(said).toMatch(/^MLFLOW_UNTRUSTED /)
    expect(said).not.toContain('abcdefgh')
  })

  test('segments are encoded one by one', () => {
    expect(encodedPath('1/a b/%2e%2e/ä?#')).toBe('1/a%20b/%252e%252e/%C3%A4%3F%23')
  })
})

describe('how requests are signed', () => {
  const databricks: TrackingServer = { kind: 'databricks', baseUrl: 'https://adb-1.2.azuredatabricks.net' }

  test.each([
    ['nothing', oss, {}, undefined],
    ['user and password', oss, { username: 'u', password: 'pä' }, `Basic ${Buffer.from('u:pä').toString('base64')}`],
    ['a token before them', oss, { username: 'u', password: 'p', token: 't' }, 'Bearer t'],
    ["Databricks' token on Databricks", databricks, { databricksToken: 'd', token: 't' }, 'Bearer d'],
    ["no token of Databricks' elsewhere", oss, { databricksToken: 'd' }, undefined],
  ])('%s', async (_, server, credentials, wanted) => {
    expect(await requestSigner(server, credentials).authorization()).toBe(wanted)
  })

  test('no token of an identity goes where it may not', () => {
    const plain: TrackingServer = { kind: 'mlflow', baseUrl: 'http://mlflow.example.com' }
    expect(refusal(() => requestSigner(plain, { entraScope: 'api://x/.default' }))).toContain('http is not encrypted')
    const elsewhere: TrackingServer = { kind: 'databricks', baseUrl: 'https://adb.example.com' }
    expect(refusal(() => requestSigner(elsewhere, {}))).toContain('set DATABRICKS_TOKEN')
  })
})
