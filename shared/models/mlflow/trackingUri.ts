import { trackingUriFault } from '../../settings/index.js'
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
  if (uri.startsWith('azureml:') && !azureMl.test(url.hostname))
    throw badAddress(setting, `${url.hostname} is no host of Azure Machine Learning`)
  const kind = azureMl.test(url.hostname) ? 'azureml' : 'mlflow'
  return { kind, baseUrl: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, unityCatalog: false }
}

function badAddress(setting: string, expected: string): MlflowError {
  return new MlflowError('MLFLOW_BAD_ADDRESS', `${setting} cannot be used: ${expected}.`, { data: { setting } })
}
