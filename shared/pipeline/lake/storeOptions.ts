import type { OpenFolder } from '../../delta/index.js'
import type { Settings } from '../../settings/index.js'
import { type ObjectStore, openStore, type OpenStoreOptions } from '../../storage/index.js'

/** The settings as the store wants them. */
export function storeOptions(settings: Settings): OpenStoreOptions {
  return {
    connectionString: settings.lakeConnectionString,
    managedIdentityClientId: settings.azureClientId,
    externalLocations: settings.lakeExternalLocations,
  }
}

/** Opens the folders that logs of tables name, as far as the settings trust them; each once. */
export function folderOpener(settings: Settings): OpenFolder {
  const opened = new Map<string, Promise<ObjectStore>>()
  return (url, from) => {
    let store = opened.get(url)
    if (store === undefined) opened.set(url, (store = openStore(url, { ...storeOptions(settings), ...from })))
    return store
  }
}
