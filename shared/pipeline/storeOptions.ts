import type { Settings } from '../settings.js'
import type { OpenStoreOptions } from '../storage/openStore.js'

/** The settings as the store wants them. Pure; no I/O. */
export function storeOptions(settings: Settings): OpenStoreOptions {
  return { connectionString: settings.lakeConnectionString, managedIdentityClientId: process.env['AZURE_CLIENT_ID'] }
}
