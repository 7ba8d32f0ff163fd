import { asObject } from '../../types/index.js'
import { asText } from './json.js'
import { type MlflowClient, wrongAnswer } from './mlflowClient.js'
import { MlflowError } from './mlflowError.js'
import type { ModelVersion } from './registry.js'

/** Where Azure's resource manager is asked. */
export const azureManagement = 'https://management.azure.com'

const apiVersion = '2024-10-01'
const datastorePath =
  /^azureml:\/\/(?:subscriptions\/[^/]+\/resource[gG]roups\/[^/]+\/workspaces\/[^/]+\/)?datastores\/([^/]+)\/paths\/(.+)$/

/**
 * Where Azure Machine Learning keeps the files of a version: its model's URI names a datastore, which is a container of
 * Azure Storage. Both are asked of the resource manager, because the MLflow API of a workspace answers with an address
 * that only its own plug-in for Python reads.
 *
 * @param management the resource manager, signed in to
 * @param trackingUrl the workspace's MLflow API, whose path names the workspace
 * @returns the address of the folder in Azure Storage
 * @throws MlflowError
 */
export async function azureMlFolder(
  management: MlflowClient,
  trackingUrl: string,
  { name, version }: ModelVersion,
): Promise<string> {
  const workspace =
    /\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.MachineLearningServices\/workspaces\/[^/]+/i.exec(
      trackingUrl,
    )?.[0]
  if (workspace === undefined) {
    throw new MlflowError(
      'MLFLOW_BAD_ADDRESS',
      'MLFLOW_TRACKING_URI names no workspace. Set it to what "az ml workspace show --query mlflow_tracking_uri" prints.',
      {
        data: { url: trackingUrl },
      },
    )
  }
  const properties = async (path: string) => {
    const found = asObject((await management.get(`${workspace}/${path}`, { 'api-version': apiVersion }))['properties'])
    if (found === undefined) throw wrongAnswer(management.server, path, 'properties')
    return found
  }
  const { modelUri } = await properties(`models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`)
  const [, datastore, path] = datastorePath.exec(asText(modelUri) ?? '') ?? []
  if (datastore === undefined || path === undefined) {
    throw new MlflowError(
      'MLFLOW_UNTRUSTED',
      `The files of ${name} version ${version} are in no datastore of the workspace. Register the model from a path of one.`,
      {
        data: { name, version, uri: asText(modelUri) },
      },
    )
  }
  const { accountName, containerName, filesystem, endpoint } = await properties(
    `datastores/${encodeURIComponent(datastore)}`,
  )
  const [account, container] = [asText(accountName), asText(containerName) ?? asText(filesystem)]
  if (account === undefined || container === undefined) {
    throw new MlflowError(
      'MLFLOW_UNTRUSTED',
      `The datastore ${datastore} is no container of Azure Storage, and only those are read.`,
      {
        data: { name, version, datastore },
      },
    )
  }
  return `https://${account}.blob.${asText(endpoint) ?? 'core.windows.net'}/${container}/${path}`
}
