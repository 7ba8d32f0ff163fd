import { asObject } from '../../types/index.js'
import type { RegistryConnection } from '../registryConnection.js'
import { type HttpAnswer, httpGet, type HttpOptions } from './httpGet.js'
import { RegistryError } from './registryError.js'
import { signIn } from './signIn.js'

/** What schemas are written in, by the names of Confluent's API. */
export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF'

/** A schema that another needs, by the name it is known there. */
export interface SchemaReference {
  /** Avro: a full name; Protobuf: the path of an import; JSON Schema: a URI. */
  readonly name: string
  readonly subject: string
  readonly version: number
}

/** A schema as a registry has it. */
export interface RegisteredSchema {
  /** Undefined where it was asked for by its id. */
  readonly id: number | undefined
  readonly type: SchemaType
  readonly text: string
  readonly references: readonly SchemaReference[]
}

/** What is asked of a registry; undefined is what it has not. Its errors are {@link RegistryError}s. */
export interface SchemaRegistry {
  byId(id: number): Promise<RegisteredSchema | undefined>
  byVersion(subject: string, version: number | 'latest'): Promise<RegisteredSchema | undefined>
}

const maxAnswerBytes = 16 * 2 ** 20

/** A registry that speaks Confluent's API, over HTTP. Several addresses are asked in turn until one answers. */
export class HttpSchemaRegistry implements SchemaRegistry {
  readonly #urls: readonly string[]
  readonly #options: HttpOptions

  /** @throws RegistryError REGISTRY_BAD_SETTINGS for certificates that cannot be used */
  constructor(connection: RegistryConnection) {
    this.#urls = connection.urls
    this.#options = { ...signIn(connection), timeoutMs: connection.timeoutMs, maxBytes: maxAnswerBytes }
  }

  byId(id: number): Promise<RegisteredSchema | undefined> {
    return this.#get(`/schemas/ids/${id}`)
  }

  byVersion(subject: string, version: number | 'latest'): Promise<RegisteredSchema | undefined> {
    return this.#get(`/subjects/${encodeURIComponent(subject)}/versions/${version}`)
  }

  async #get(path: string): Promise<RegisteredSchema | undefined> {
    let failure: RegistryError | undefined
    let isUnknown = false
    for (const base of this.#urls) {
      const url = new URL(base + path)
      try {
        const answer = await httpGet(url, this.#options)
        if (answer.status === 200) return schemaOf(url, answer.body)
        // Where the registry's own words are missing, something else answered: a proxy, or a wrong path.
        if (answer.status !== 404 || !isMissing(answer.body)) throw refused(url, answer)
        isUnknown = true
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error
        failure ??= error
      }
    }
    if (failure !== undefined && !isUnknown) throw failure
    return undefined
  }
}

/** Error codes of a registry that has no such subject, version or schema. */
const missingCodes = [40401, 40402, 40403]

function isMissing(body: string): boolean {
  const code = asObject(parsed(body))?.['error_code']
  return missingCodes.includes(Number(code))
}

function refused(url: URL, { status, location }: HttpAnswer): RegistryError {
  const data = { url: url.origin, status }
  const asked = `The schema registry ${url.origin} answers ${url.pathname} with HTTP ${status}`
  if (status === 401 || status === 403) {
    const remedy =
      'Check SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO, SCHEMA_REGISTRY_BEARER_AUTH_TOKEN and what they may read'
    return new RegistryError('REGISTRY_UNAUTHORIZED', `${asked}. ${remedy}.`, { data })
  }
  if (status >= 500 || status === 408 || status === 429)
    return new RegistryError('REGISTRY_UNREACHABLE', `${asked}. It is asked again.`, { data, retryable: true })
  const leads =
    location === undefined ? '' : `, to ${URL.parse(location, url.href)?.origin ?? 'nowhere'}; it is not followed`
  const remedy = 'Check SCHEMA_REGISTRY_URL, its path included'
  return new RegistryError('REGISTRY_BAD_ANSWER', `${asked}${leads}. ${remedy}.`, { data })
}

function schemaOf(url: URL, body: string): RegisteredSchema {
  const answer = asObject(parsed(body))
  const type = answer?.['schemaType'] ?? 'AVRO'
  const text = answer?.['schema']
  const references = answer?.['references'] ?? []
  const id = answer?.['id'] ?? undefined
  const isKnown = type === 'AVRO' || type === 'JSON' || type === 'PROTOBUF'
  if (isKnown && typeof text === 'string' && Array.isArray(references))
    return {
      id: id === undefined ? undefined : Number(id),
      type,
      text,
      references: (references as readonly unknown[]).map(one => referenceOf(url, one)),
    }
  throw badAnswer(url, 'no schema')
}

function referenceOf(url: URL, found: unknown): SchemaReference {
  const reference = asObject(found)
  const [name, subject] = [reference?.['name'], reference?.['subject']]
  const version = Number(reference?.['version'])
  if (typeof name !== 'string' || typeof subject !== 'string' || !Number.isSafeInteger(version))
    throw badAnswer(url, 'a reference that names no version')
  return { name, subject, version }
}

function badAnswer(url: URL, what: string): RegistryError {
  const message = `What ${url.origin} answers to ${url.pathname} has ${what}. Check SCHEMA_REGISTRY_URL, its path included.`
  return new RegistryError('REGISTRY_BAD_ANSWER', message, { data: { url: url.origin } })
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
