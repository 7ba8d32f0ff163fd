import { azureHost } from '../../storage/index.js'
import { checkedArtifactPath } from './artifactPath.js'
import { MlflowError } from './mlflowError.js'
import type { TrackingServer } from './trackingUri.js'

/** Where the files of a model are, and who gives them. */
export type ArtifactPlace =
  /** The server itself, by its artifact proxy. */
  | { readonly kind: 'proxy'; readonly path: string }
  /** Azure Blob Storage, read with this project's own identity; an address that a store can be opened at. */
  | { readonly kind: 'blob'; readonly url: string }
  /** A logged model of the server, which says where its files are. */
  | { readonly kind: 'loggedModel'; readonly modelId: string }
  /** A run of the server, and a path below its files. */
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  /** Databricks' own storage, asked by the model's name and version. */
  | { readonly kind: 'databricks' }

const proxyRoute = '/api/2.0/mlflow-artifacts/artifacts/'

/**
 * Reads the address at which a server says the files are: `mlflow-artifacts:/…`, `models:/m-…`, `runs:/…`, `wasbs://`,
 * `abfss://`, `https://<account>.blob.…`, `dbfs:/…`.
 *
 * @throws MlflowError MLFLOW_UNTRUSTED for a place that is not followed: another host, a path leading out, a disk or a
 * store that only the server can reach
 */
export function parseArtifactUri(uri: string, server: TrackingServer): ArtifactPlace {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase() ?? 'file'
  const base = new URL(server.baseUrl)
  switch (scheme) {
    case 'mlflow-artifacts': {
      const { host, path } = parts(uri)
      if (host !== '' && host !== base.host && host !== base.hostname) throw otherHost(uri, host)
      return { kind: 'proxy', path }
    }
    case 'models': {
      const id = /^models:\/(m-[A-Za-z0-9]+)$/.exec(uri)?.[1]
      if (id === undefined) throw notFollowed(uri, 'it is no logged model')
      return { kind: 'loggedModel', modelId: id }
    }
    case 'runs': {
      const [, runId = '', path = ''] = /^runs:\/+([A-Za-z0-9_-]+)(?:\/(.*))?$/.exec(uri) ?? []
      if (runId === '') throw notFollowed(uri, 'it names no run')
      return { kind: 'run', runId, path: relative(path) }
    }
    case 'wasbs':
    case 'abfss':
      return { kind: 'blob', url: blobAddress(uri) }
    case 'http':
    case 'https':
      return httpPlace(uri, base)
    case 'dbfs':
      if (server.kind === 'databricks') return { kind: 'databricks' }
      throw notFollowed(uri, 'only Databricks itself has such files')
    case 'file':
      throw notFollowed(uri, 'it is on a disk that only the server has', serveArtifacts)
    default:
      throw notFollowed(uri, `${scheme}: is read through the server only`, serveArtifacts)
  }
}

const serveArtifacts = 'Start the server with --serve-artifacts, or log to a container of Azure Blob Storage.'

function httpPlace(uri: string, base: URL): ArtifactPlace {
  const url = new URL(uri)
  if (url.origin === base.origin) {
    const route = base.pathname.replace(/\/+$/, '') + proxyRoute
    if (!url.pathname.startsWith(route)) throw notFollowed(uri, "it is not the server's artifact proxy")
    return { kind: 'proxy', path: relative(decodeURIComponent(url.pathname.slice(route.length))) }
  }
  if (url.protocol === 'https:' && azureHost(url.hostname) !== undefined) return { kind: 'blob', url: blobAddress(uri) }
  throw otherHost(uri, url.host)
}

/** `wasbs://container@account.blob.core.windows.net/path` is Hadoop's name for the same blob that `https:` names. */
function blobAddress(uri: string): string {
  const { host, path, user } = parts(uri)
  if (azureHost(host.replace(/:\d+$/, '')) === undefined) throw otherHost(uri, host)
  if (/[?#]/.test(uri)) throw notFollowed(uri, 'it has a part behind "?" or "#"')
  const container = user === '' ? '' : `/${user}`
  return `https://${host}${container}/${path.split('/').map(encodeURIComponent).join('/')}`
}

/** Taken apart by hand: `URL` would swallow `..` before it could be refused. */
function parts(uri: string): { readonly host: string; readonly user: string; readonly path: string } {
  const [, authority = '', path = ''] = /^[a-z][a-z0-9+.-]*:(?:\/\/([^/]*))?\/*(.*)$/i.exec(uri) ?? []
  const at = authority.lastIndexOf('@')
  return { host: authority.slice(at + 1), user: authority.slice(0, Math.max(at, 0)), path: relative(path) }
}

function relative(path: string): string {
  return checkedArtifactPath(path.replace(/\/+$/, ''))
}

function otherHost(uri: string, host: string): MlflowError {
  return notFollowed(
    uri,
    `${host} is neither the server nor Azure Storage`,
    'Set MLFLOW_TRACKING_URI to the server by the name that it calls itself.',
  )
}

function notFollowed(uri: string, why: string, remedy = 'Log the model again with MLflow 2.0 or newer.'): MlflowError {
  const shown = uri.replace(/\?.*$/s, '').replace(/\/\/[^/@]*:[^/@]*@/, '//')
  return new MlflowError(
    'MLFLOW_UNTRUSTED',
    `The model's files are at ${shown}, which is not followed: ${why}. ${remedy}`,
    {
      data: { uri: shown },
    },
  )
}
