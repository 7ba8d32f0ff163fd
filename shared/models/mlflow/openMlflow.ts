import type { Settings } from '../../settings/index.js'
import type { ObjectStore } from '../../storage/index.js'
import { openStore } from '../../storage/index.js'
import { MlflowServer } from './mlflowServer.js'

/**
 * The MLflow server that the settings name; undefined when they name none. Nothing is sent yet. Files that a server keeps
 * in Azure Storage are read with the lake's access where they are in its account, else with the identity.
 *
 * @throws MlflowError MLFLOW_BAD_ADDRESS for settings that cannot be used together
 */
export function openMlflow(settings: Settings, lakeStore: ObjectStore): MlflowServer | undefined {
  const { mlflowTrackingUri, azureClientId } = settings
  if (mlflowTrackingUri === undefined) return undefined
  return new MlflowServer({
    trackingUri: mlflowTrackingUri,
    registryUri: settings.mlflowRegistryUri,
    databricksHost: settings.databricksHost,
    timeoutMs: settings.mlflowHttpRequestTimeout * 1000,
    retries: settings.mlflowHttpRequestMaxRetries,
    credentials: {
      username: settings.mlflowTrackingUsername,
      password: settings.mlflowTrackingPassword,
      token: settings.mlflowTrackingToken,
      databricksToken: settings.databricksToken,
      managedIdentityClientId: azureClientId,
      entraScope: settings.mlflowTrackingEntraScope,
    },
    openBlobs: async url =>
      lakeStore.sibling?.(url) ??
      (await openStore(url, {
        managedIdentityClientId: azureClientId,
        externalLocations: settings.lakeExternalLocations,
      })),
  })
}
