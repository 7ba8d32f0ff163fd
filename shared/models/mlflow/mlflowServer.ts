import type { Clock } from '../../clock.js'
import type { ObjectStore } from '../../storage/index.js'
import { asObject } from '../../types/index.js'
import { type ArtifactFolder, BlobArtifacts, joined, ProxyArtifacts, type WritableArtifacts } from './artifacts.js'
import { parseArtifactUri } from './artifactUri.js'
import { azureManagement, azureMlFolder } from './azureMlArtifacts.js'
import { DatabricksArtifacts, unityCatalogSignature } from './databricksArtifacts.js'
import { asText } from './json.js'
import { MlflowClient, wrongAnswer } from './mlflowClient.js'
import { MlflowError } from './mlflowError.js'
import { ModelRegistry, type ModelVersion } from './registry.js'
import { type MlflowCredentials, type RequestSigner, requestSigner } from './requestSigner.js'
import { parseTrackingUri, type TrackingServer } from './trackingUri.js'

/** What is needed to call an MLflow server. */
export interface MlflowOptions {
  readonly trackingUri: string
  /** Where registered models are, when elsewhere. */
  readonly registryUri?: string | undefined
  readonly databricksHost?: string | undefined
  readonly credentials?: MlflowCredentials | undefined
  /** Milliseconds without a byte after which a request is given up. */
  readonly timeoutMs: number
  /** How many more times a request is made that failed for a reason that passes. */
  readonly retries: number
  /** Opens a container or a folder in Azure Storage with this project's own access. */
  readonly openBlobs: (url: string) => Promise<ObjectStore>
  readonly clock?: Clock | undefined
  /** Signs requests instead of what the credentials give. */
  readonly signer?: RequestSigner | undefined
  /** Where Azure's resource manager is asked, for a workspace of Azure Machine Learning. */
  readonly managementUrl?: string | undefined
}

/** An MLflow server, or what speaks its language: runs and logged models, registered models, files. */
export class MlflowServer {
  readonly tracking: MlflowClient
  readonly registry: ModelRegistry
  readonly #registryClient: MlflowClient
  readonly #unityCatalog: boolean
  readonly #options: MlflowOptions

  /** @throws MlflowError MLFLOW_BAD_ADDRESS for settings that cannot be used; nothing is sent yet */
  constructor(options: MlflowOptions) {
    this.#options = options
    const tracking = parseTrackingUri(options.trackingUri, 'MLFLOW_TRACKING_URI', options.databricksHost)
    // As MLflow 3 has it: models of a Databricks workspace are Unity Catalog's, unless said otherwise.
    const registryUri = options.registryUri ?? (tracking.kind === 'databricks' ? 'databricks-uc' : options.trackingUri)
    const registry = parseTrackingUri(registryUri, 'MLFLOW_REGISTRY_URI', options.databricksHost)
    this.tracking = this.#client(tracking)
    this.#registryClient = registry.baseUrl === tracking.baseUrl ? this.tracking : this.#client(registry)
    this.#unityCatalog = registry.unityCatalog
    this.registry = new ModelRegistry(this.#registryClient, registry.unityCatalog)
  }

  /**
   * The files of a version.
   * @throws MlflowError
   */
  async versionFiles(model: ModelVersion): Promise<ArtifactFolder> {
    if (this.#registryClient.server.kind === 'azureml') {
      const url = await azureMlFolder(this.#management(), this.#registryClient.server.baseUrl, model)
      return this.artifacts(url, model)
    }
    return this.artifacts(await this.registry.downloadUri(model.name, model.version), model)
  }

  /**
   * The files at an address that the server gives.
   *
   * @param model whose files they are
   * @throws MlflowError MLFLOW_UNTRUSTED for an address that is not followed
   */
  async artifacts(uri: string, model: ModelVersion): Promise<ArtifactFolder> {
    let at = uri
    // A version's source is a logged model at most, and a logged model's files are in no other.
    for (let hops = 0; hops < 3; hops++) {
      const place = parseArtifactUri(at, this.tracking.server)
      switch (place.kind) {
        case 'proxy':
          return new ProxyArtifacts(this.tracking, place.path)
        case 'blob':
          return new BlobArtifacts(await this.#openBlobs(place.url, model))
        case 'databricks':
          return new DatabricksArtifacts(this.#registryClient, model, this.#options.timeoutMs)
        case 'loggedModel':
          at = await this.#loggedModelUri(place.modelId)
          break
        case 'run':
          at = joined(await this.#runUri(place.runId), place.path)
      }
    }
    throw new MlflowError(
      'MLFLOW_BAD_ANSWER',
      `The server answers where ${uri} is with one more model, again and again. Log the model again.`,
      { data: { uri } },
    )
  }

  /**
   * The folder of a run or of a logged model, to put files into.
   * @throws MlflowError MLFLOW_UNTRUSTED for one that cannot be reached
   */
  async writableArtifacts(uri: string): Promise<WritableArtifacts> {
    const place = parseArtifactUri(uri, this.tracking.server)
    if (place.kind === 'proxy') return new ProxyArtifacts(this.tracking, place.path)
    if (place.kind === 'blob') return new BlobArtifacts(await this.#options.openBlobs(place.url))
    throw new MlflowError(
      'MLFLOW_UNTRUSTED',
      `The server keeps its files at ${uri}, where none can be put from here. Start it with --serve-artifacts.`,
      { data: { uri } },
    )
  }

  async #openBlobs(url: string, model: ModelVersion): Promise<ObjectStore> {
    if (!this.#unityCatalog) return this.#options.openBlobs(url)
    return this.#options.openBlobs(`${url}?${await unityCatalogSignature(this.#registryClient, model)}`)
  }

  async #loggedModelUri(modelId: string): Promise<string> {
    const path = `/api/2.0/mlflow/logged-models/${encodeURIComponent(modelId)}`
    const info = asObject(asObject((await this.tracking.get(path))['model'])?.['info'])
    return asText(info?.['artifact_uri']) ?? fail(wrongAnswer(this.tracking.server, path, 'artifact_uri'))
  }

  async #runUri(runId: string): Promise<string> {
    const path = '/api/2.0/mlflow/runs/get'
    const info = asObject(asObject((await this.tracking.get(path, { run_id: runId }))['run'])?.['info'])
    return asText(info?.['artifact_uri']) ?? fail(wrongAnswer(this.tracking.server, path, 'artifact_uri'))
  }

  #management(): MlflowClient {
    return this.#client({ kind: 'azureml', baseUrl: this.#options.managementUrl ?? azureManagement })
  }

  #client(server: TrackingServer): MlflowClient {
    const { credentials = {}, signer, timeoutMs, retries, clock } = this.#options
    return new MlflowClient(server, signer ?? requestSigner(server, credentials), { timeoutMs, retries, clock })
  }
}

function fail(error: Error): never {
  throw error
}
