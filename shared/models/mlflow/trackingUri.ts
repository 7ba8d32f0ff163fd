import { MlflowError } from './mlflowError.js'

/** Whose server it is: what it calls things, and how it is signed in to. */
export type ServerKind = 'mlflow' | 'databricks' | 'azureml'

/** Where a server is. */
export interface TrackingServer {
  readonly kind: ServerKind
  /** `https://host[:port][/prefix]`, without a slash at the end and without a secret. */
  readonly baseUrl: string
}

/** A tracking or registry URI as MLflow's own settings have it. */
export interface TrackingUri extends TrackingServer {
  /** Registered models are Unity Catalog's, with names of three parts. */
  readonly unityCatalog: boolean
}

const azureMl = /\.(?:azureml\.ms|ml\.azure\.(?:us|cn))$/

/**
 * Reads `MLFLOW_TRACKING_URI` or `MLFLOW_REGISTRY_URI`: `http(s)://host:port[/prefix]`, `databricks` and `databricks-uc`
 * (whose host is `DATABRICKS_HOST`), and `azureml://…` as `az ml workspace show --query mlflow_tracking_uri` prints it.
 *
 * @param setting the setting's name, for messages
 * @throws MlflowError MLFLOW_BAD_ADDRESS
 */
export function parseTrackingUri(uri: string, setting: string, databricksHost: string | undefined): TrackingUri {
  const fault = trackingUriFault(uri)
  if (fault !== undefined) throw badAddress(setting, fault)
  if (/^databricks/.test(uri)) {
    const host = URL.parse(databricksHost ?? '')
    if (host === null)
      throw badAddress(
        'DATABRICKS_HOST',
        `expected https://<workspace>.azuredatabricks.net, because ${setting} is ${uri}`,
      )
    return { kind: 'databricks', baseUrl: host.origin, unityCatalog: uri === 'databricks-uc' }
  }
  const url = new URL(uri.replace(/^azureml:/, 'https:'))
  const kind = azureMl.test(url.hostname) ? 'azureml' : 'mlflow'
  return { kind, baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, unityCatalog: false }
}

/** What is wrong with a tracking URI, beginning with what was expected instead; undefined when nothing is. */
export function trackingUriFault(uri: string): string | undefined {
  const expected = 'expected http(s)://host:port, databricks, databricks-uc or azureml://…'
  if (uri === 'databricks' || uri === 'databricks-uc') return undefined
  if (/^databricks(-uc)?:/.test(uri))
    return `${expected}; profiles of a file are not read: use "databricks" with DATABRICKS_HOST and DATABRICKS_TOKEN`
  const url = URL.parse(uri.replace(/^azureml:/, 'https:'))
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return expected
  if (url.username !== '' || url.password !== '')
    return `${expected}; a user belongs into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD`
  if (uri.startsWith('azureml:') && !azureMl.test(url.hostname))
    return `${expected}; ${url.hostname} is no host of Azure Machine Learning`
  return /[?#]/.test(uri) ? `${expected}, without "?" and "#"` : undefined
}

function badAddress(setting: string, expected: string): MlflowError {
  return new MlflowError('MLFLOW_BAD_ADDRESS', `${setting} cannot be used: ${expected}.`, { data: { setting } })
}
