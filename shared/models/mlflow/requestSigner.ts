import { protectSecret } from '../../telemetry/index.js'
import { MlflowError } from './mlflowError.js'
import type { TrackingServer } from './trackingUri.js'

/** What signs requests to one server. */
export interface RequestSigner {
  /** The value of `Authorization`; undefined when requests are not signed. */
  authorization(): Promise<string | undefined>
  /** What to do when the server does not take it. */
  readonly remedy: string
}

/** What requests can be signed with, by MLflow's and Databricks' own names of settings. */
export interface MlflowCredentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly databricksToken?: string | undefined
  /** Client id of a user-assigned managed identity. */
  readonly managedIdentityClientId?: string | undefined
  /** The scope of a token of Microsoft Entra, `api://<application>/.default`, for an MLflow server that wants one. */
  readonly entraScope?: string | undefined
}

/** Azure Databricks' application in Microsoft Entra, the same in every tenant. */
const databricksScope = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default'
const azureScope = 'https://management.azure.com/.default'
const databricksHosts = /\.(?:azuredatabricks\.net|databricks\.azure\.(?:us|cn))$/

/**
 * The first of: Databricks' token, a bearer token, user and password, a token of Microsoft Entra where the server is
 * Azure's or a scope is set; else nothing.
 *
 * @throws MlflowError MLFLOW_BAD_ADDRESS when only an identity is left and the host is not one to which its token may go
 */
export function requestSigner({ kind, baseUrl }: TrackingServer, credentials: MlflowCredentials): RequestSigner {
  const { username, password, token, databricksToken, entraScope } = credentials
  const { protocol, hostname } = new URL(baseUrl)
  if (kind === 'databricks' && databricksToken !== undefined) return bearer('DATABRICKS_TOKEN', databricksToken)
  if (kind !== 'azureml' && token !== undefined) return bearer('MLFLOW_TRACKING_TOKEN', token)
  if (kind === 'mlflow' && username !== undefined) return basic(username, password ?? '')
  const isDatabricks = kind === 'databricks' && databricksHosts.test(hostname)
  const scope = kind === 'azureml' ? azureScope : isDatabricks ? databricksScope : entraScope
  if (scope === undefined) {
    if (kind === 'databricks')
      throw new MlflowError('MLFLOW_BAD_ADDRESS', `No token for ${baseUrl}: set DATABRICKS_TOKEN.`, {
        data: { url: baseUrl },
      })
    const remedy = 'Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.'
    return { authorization: () => Promise.resolve(undefined), remedy }
  }
  if (protocol !== 'https:')
    throw new MlflowError('MLFLOW_BAD_ADDRESS', `No token is sent to ${baseUrl}: http is not encrypted. Use https.`, {
      data: { url: baseUrl },
    })
  return entra(scope, credentials.managedIdentityClientId)
}

function bearer(setting: string, token: string): RequestSigner {
  protectSecret(token)
  return {
    authorization: () => Promise.resolve(`Bearer ${token}`),
    remedy: `Put a token that is valid into ${setting}.`,
  }
}

function basic(username: string, password: string): RequestSigner {
  const pair = Buffer.from(`${username}:${password}`, 'utf8').toString('base64')
  for (const secret of [password, pair]) protectSecret(secret)
  const remedy = 'Correct MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.'
  return { authorization: () => Promise.resolve(`Basic ${pair}`), remedy }
}

function entra(scope: string, clientId: string | undefined): RequestSigner {
  let credential: Promise<{ getToken(scope: string): Promise<{ token: string } | null> }> | undefined
  return {
    remedy: `Give the identity the role it needs there (token of ${scope}).`,
    async authorization() {
      // The library keeps a token until shortly before it ends.
      credential ??= identity(clientId)
      const answer = await (await credential).getToken(scope)
      if (answer === null) return undefined
      protectSecret(answer.token)
      return `Bearer ${answer.token}`
    },
  }
}

/** Loaded only here: a server that is asked with a token or a password needs nothing of Azure. */
async function identity(clientId: string | undefined) {
  const { azureIdentity } = await import('../../storage/azureBlob/index.js')
  return azureIdentity(clientId)
}
