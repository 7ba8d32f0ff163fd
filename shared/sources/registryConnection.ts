import type { Settings } from '../settings/index.js'

/** How to reach a schema registry that speaks Confluent's API; holds secrets. */
export interface RegistryConnection {
  /** Addresses without a slash at the end; each is asked when those before it do not answer. */
  readonly urls: readonly string[]
  /** `user:password`. */
  readonly userInfo?: string | undefined
  readonly bearerToken?: string | undefined
  /** PEM text or the path of a PEM file; so are `certificate` and `key`. */
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  readonly keyPassword?: string | undefined
  /** Milliseconds until a request is given up. */
  readonly timeoutMs: number
}

/** The registry that the settings name; undefined when they name none. Plain data: it may be passed to a worker thread. */
export function registryConnection(settings: Settings): RegistryConnection | undefined {
  const { schemaRegistryUrl } = settings
  if (schemaRegistryUrl === undefined) return undefined
  return {
    urls: schemaRegistryUrl.split(',').map(url => url.trim().replace(/\/+$/, '')),
    userInfo: settings.schemaRegistryBasicAuthUserInfo,
    bearerToken: settings.schemaRegistryBearerAuthToken,
    ca: settings.schemaRegistrySslCa,
    certificate: settings.schemaRegistrySslCertificate,
    key: settings.schemaRegistrySslKey,
    keyPassword: settings.schemaRegistrySslKeyPassword,
    timeoutMs: settings.schemaRegistryRequestTimeoutMs,
  }
}
