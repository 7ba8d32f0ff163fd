import type { VersionSelect } from '../../contract/index.js'
import { asObject } from '../../types/index.js'
import { asText, type JsonObject } from './json.js'
import { type MlflowClient, wrongAnswer } from './mlflowClient.js'
import { MlflowError } from './mlflowError.js'

/** Which version of a registered model. */
export interface ModelVersion {
  readonly name: string
  readonly version: string
}

/** A version as its registry has it. */
export interface RegisteredVersion extends ModelVersion {
  /** Where it was registered from, `models:/m-…` or an address of files. */
  readonly source: string
  readonly runId: string | undefined
  readonly tags: ReadonlyMap<string, string>
}

/** What is to become a version of a registered model. */
export interface NewVersion {
  readonly name: string
  readonly source: string
  readonly runId: string
  /** Of the logged model that is the source, where a server has such. */
  readonly modelId: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

const pageSize = 200
const maxPages = 50

/** Registered models, their versions and aliases, of an MLflow server or of Unity Catalog. */
export class ModelRegistry {
  readonly #client: MlflowClient
  readonly #api: string
  readonly #unityCatalog: boolean

  constructor(client: MlflowClient, unityCatalog: boolean) {
    this.#client = client
    this.#unityCatalog = unityCatalog
    this.#api = unityCatalog ? '/api/2.0/mlflow/unity-catalog' : '/api/2.0/mlflow'
  }

  /** Whether versions have aliases there: Azure Machine Learning's have none. */
  get hasAliases(): boolean {
    return this.#client.server.kind !== 'azureml'
  }

  /**
   * The version that is meant; undefined when there is no such model, version, alias or tag.
   * @throws MlflowError
   */
  async find(name: string, select: VersionSelect): Promise<RegisteredVersion | undefined> {
    this.#requireName(name)
    if (select.by === 'tag') return this.newestWithTag(name, select.key, select.value)
    if (select.by === 'alias' && !this.hasAliases) throw noAliases(name, select.alias)
    const path = select.by === 'alias' ? `${this.#api}/registered-models/alias` : `${this.#api}/model-versions/get`
    const query = select.by === 'alias' ? { name, alias: select.alias } : { name, version: select.version }
    const answer = await foundOrNot(this.#client.get(path, query))
    return answer === undefined ? undefined : this.#version(answer['model_version'], path)
  }

  /**
   * The newest version with a tag; undefined when there is none.
   * @throws MlflowError
   */
  async newestWithTag(name: string, key: string, value: string): Promise<RegisteredVersion | undefined> {
    const tagged = (await this.versions(name)).filter(version => version.tags.get(key) === value)
    return tagged.toSorted((a, b) => Number(b.version) - Number(a.version))[0]
  }

  /**
   * All versions of a model; none when it does not exist.
   * @throws MlflowError
   */
  async versions(name: string): Promise<readonly RegisteredVersion[]> {
    const path = `${this.#api}/model-versions/search`
    const filter = `name=${quoted(name)}`
    const found: RegisteredVersion[] = []
    let token: string | undefined
    for (let page = 0; page < maxPages; page++) {
      const query = { filter, max_results: String(pageSize), page_token: token }
      const answer = await foundOrNot(this.#client.get(path, query))
      const list = answer?.['model_versions'] ?? []
      if (!Array.isArray(list)) throw wrongAnswer(this.#client.server, path, 'model_versions')
      found.push(...list.map(version => this.#version(version, path)))
      const next = answer?.['next_page_token']
      if (typeof next !== 'string' || next === '') return found
      token = next
    }
    throw new MlflowError(
      'MLFLOW_BAD_ANSWER',
      `The model ${name} has more than ${pageSize * maxPages} versions. Name one by an alias or its number.`,
      { data: { name } },
    )
  }

  /**
   * Where a version's files are.
   * @throws MlflowError
   */
  async downloadUri(name: string, version: string): Promise<string> {
    const path = `${this.#api}/model-versions/get-download-uri`
    const uri = (await this.#client.get(path, { name, version }))['artifact_uri']
    if (typeof uri !== 'string' || uri === '') throw wrongAnswer(this.#client.server, path, 'artifact_uri')
    return uri
  }

  /**
   * Makes a model if there is none of that name yet.
   * @throws MlflowError
   */
  async ensureModel(name: string, description: string): Promise<void> {
    this.#requireName(name)
    try {
      await this.#client.send('POST', `${this.#api}/registered-models/create`, { name, description })
    } catch (thrown) {
      const said = thrown instanceof MlflowError ? thrown.data['answer'] : undefined
      if (said !== 'RESOURCE_ALREADY_EXISTS') throw thrown
    }
  }

  /**
   * Makes a version of a model.
   * @throws MlflowError
   */
  async createVersion({ name, source, runId, modelId, tags }: NewVersion): Promise<RegisteredVersion> {
    if (this.#unityCatalog) {
      throw new MlflowError(
        'MLFLOW_REFUSED',
        `Nothing is registered in Unity Catalog from here: it takes files by its own storage only. Register ${source} in Databricks, as ${name}.`,
        { data: { name, source } },
      )
    }
    const path = `${this.#api}/model-versions/create`
    const body = { name, source, run_id: runId, model_id: modelId, tags: tagList(tags) }
    return this.#version((await this.#client.create(path, body))['model_version'], path)
  }

  /**
   * Points an alias to a version, wherever it pointed before.
   * @throws MlflowError
   */
  async setAlias(name: string, alias: string, version: string): Promise<void> {
    if (!this.hasAliases) throw noAliases(name, alias)
    await this.#client.send('POST', `${this.#api}/registered-models/alias`, { name, alias, version })
  }

  #requireName(name: string): void {
    const parts = name.split('.')
    if (!this.#unityCatalog || (parts.length === 3 && parts.every(part => part !== ''))) return
    throw new MlflowError(
      'MLFLOW_BAD_ADDRESS',
      `"${name}" is no model of Unity Catalog. Name it as catalog.schema.model, or set MLFLOW_REGISTRY_URI to databricks.`,
      {
        data: { name },
      },
    )
  }

  #version(value: unknown, path: string): RegisteredVersion {
    const version = asObject(value)
    const name = version?.['name']
    const number = version?.['version']
    if (
      typeof name !== 'string' ||
      (typeof number !== 'string' && typeof number !== 'number') ||
      !/^[1-9]\d*$/.test(String(number))
    )
      throw wrongAnswer(this.#client.server, path, 'a model_version with name and version')
    const { source, run_id: runId, tags } = version ?? {}
    return {
      name,
      version: String(number),
      source: asText(source) ?? '',
      runId: asText(runId),
      tags: tagMap(tags),
    }
  }
}

/** MLflow's list of tags. */
export function tagList(
  tags: Readonly<Record<string, string>>,
): readonly { readonly key: string; readonly value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

function tagMap(tags: unknown): ReadonlyMap<string, string> {
  const list: readonly unknown[] = Array.isArray(tags) ? tags : []
  return new Map(list.map(tag => [String(asObject(tag)?.['key']), String(asObject(tag)?.['value'])]))
}

/** MLflow says 404 for a model that is not there, and 400 for an alias. */
async function foundOrNot(answer: Promise<JsonObject>): Promise<JsonObject | undefined> {
  try {
    return await answer
  } catch (thrown) {
    if (!(thrown instanceof MlflowError)) throw thrown
    const isMissing = thrown.data['answer'] === 'RESOURCE_DOES_NOT_EXIST' || /alias .* not found/is.test(thrown.message)
    if (isMissing) return undefined
    throw thrown
  }
}

/** A text in MLflow's filters, which know no escape. */
function quoted(name: string): string {
  if (!name.includes("'")) return `'${name}'`
  if (!name.includes('"')) return `"${name}"`
  throw new MlflowError(
    'MLFLOW_BAD_ADDRESS',
    `The model ${name} has both kinds of quotes in its name, which no search can express. Name it by an alias or a version.`,
    { data: { name } },
  )
}

function noAliases(name: string, alias: string): MlflowError {
  return new MlflowError(
    'MLFLOW_BAD_ADDRESS',
    `Azure Machine Learning has no aliases, so ${name}@${alias} cannot be found. Use models:/${name}/<version>, or models:/${name}?tag=alias:${alias} with that tag on a version.`,
    { data: { name, alias } },
  )
}
