import { azureHost } from '../../storage/index.js'
import { protectSecretsIn } from '../../telemetry/index.js'
import { asObject } from '../../types/index.js'
import { checkedArtifactPath } from './artifactPath.js'
import { type ArtifactFile, type ArtifactFolder, listedFiles, listTree } from './artifacts.js'
import { failedAnswer } from './failedAnswer.js'
import { exchange } from './httpExchange.js'
import { asText } from './json.js'
import { type MlflowClient, wrongAnswer } from './mlflowClient.js'
import { MlflowError } from './mlflowError.js'
import type { ModelVersion } from './registry.js'

/** Files of a version in Databricks' workspace registry: listed there, fetched by addresses that it signs. */
export class DatabricksArtifacts implements ArtifactFolder {
  readonly url: string
  readonly #client: MlflowClient
  readonly #model: ModelVersion
  readonly #timeoutMs: number

  constructor(client: MlflowClient, model: ModelVersion, timeoutMs: number) {
    this.#client = client
    this.#model = { name: model.name, version: model.version }
    this.#timeoutMs = timeoutMs
    this.url = `models:/${model.name}/${model.version}`
  }

  async list(): Promise<readonly ArtifactFile[]> {
    return listTree(async folder => {
      const answer = await this.#client.get(`${api}/list-artifacts`, { ...this.#model, path: folder })
      // Databricks gives whole paths.
      const start = folder === '' ? '' : `${folder}/`
      return listedFiles(answer, this.#client).map(file => {
        const path = checkedArtifactPath(file.path)
        return { ...file, path: path.startsWith(start) ? path.slice(start.length) : path }
      })
    }, this.url)
  }

  async get(path: string, maxBytes: number): Promise<Uint8Array> {
    const answer = await this.#client.get(`${api}/get-signed-download-uri`, {
      ...this.#model,
      path: checkedArtifactPath(path),
    })
    const signed = URL.parse(asText(answer['signed_uri']) ?? '')
    if (signed === null) throw wrongAnswer(this.#client.server, `${api}/get-signed-download-uri`, 'signed_uri')
    if (signed.protocol !== 'https:' || azureHost(signed.hostname)?.trusted !== true) {
      throw new MlflowError(
        'MLFLOW_UNTRUSTED',
        `Databricks keeps ${path} of ${this.url} at ${signed.host}, which is no host of Azure Storage; it was not read.`,
        {
          data: { file: path, host: signed.host },
        },
      )
    }
    protectSecretsIn(signed.href)
    return fetchSigned(signed.href, headersOf(answer['headers']), { timeoutMs: this.#timeoutMs, maxBytes })
  }
}

const api = '/api/2.0/mlflow/model-versions'

async function fetchSigned(
  url: string,
  headers: Readonly<Record<string, string>>,
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
): Promise<Uint8Array> {
  const { status, body } = await exchange({ method: 'GET', url, headers }, limits)
  if (status === 200) return body
  const { origin } = new URL(url)
  const signInRemedy = 'The signature may have ended; it is asked for again at the next check.'
  throw failedAnswer({ status, body: '', request: 'GET of a signed address', baseUrl: origin, signInRemedy })
}

function headersOf(list: unknown): Readonly<Record<string, string>> {
  const headers: readonly unknown[] = Array.isArray(list) ? list : []
  return Object.fromEntries(
    headers.flatMap(header => {
      const [name, value] = [asText(asObject(header)?.['name']), asText(asObject(header)?.['value'])]
      return name === undefined || value === undefined ? [] : [[name, value]]
    }),
  )
}

/**
 * The shared access signature with which a version's files in Unity Catalog are read, for a while.
 * @throws MlflowError MLFLOW_UNTRUSTED when its files are not in Azure
 */
export async function unityCatalogSignature(client: MlflowClient, { name, version }: ModelVersion): Promise<string> {
  const path = '/api/2.0/mlflow/unity-catalog/model-versions/generate-temporary-credentials'
  const answer = await client.send('POST', path, { name, version, operation: 'MODEL_VERSION_OPERATION_READ' })
  const credentials = asObject(answer['credentials'])
  const signature = asText(asObject(credentials?.['azure_user_delegation_sas'])?.['sas_token'])?.replace(/^\?/, '')
  if (signature !== undefined) {
    protectSecretsIn(`https://unity.blob.core.windows.net/?${signature}`)
    return signature
  }
  if (credentials === undefined) throw wrongAnswer(client.server, path, 'credentials')
  throw new MlflowError(
    'MLFLOW_UNTRUSTED',
    `The files of ${name} version ${version} are not in Azure Storage, and only there they are read.`,
    {
      data: { name, version },
    },
  )
}
