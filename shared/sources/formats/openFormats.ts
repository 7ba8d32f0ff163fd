import type { Clock } from '../../clock.js'
import { CachedRegistry, HttpSchemaRegistry } from '../registry/index.js'
import type { RegistryConnection } from '../registryConnection.js'
import { StreamFormats } from './streamFormats.js'

/**
 * The formats with the registry of that connection.
 * @throws RegistryError REGISTRY_BAD_SETTINGS
 */
export function openFormats(connection: RegistryConnection | undefined, clock: Clock): StreamFormats {
  if (connection === undefined) return new StreamFormats(undefined)
  return new StreamFormats(new CachedRegistry(new HttpSchemaRegistry(connection), clock))
}
