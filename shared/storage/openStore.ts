import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { type Clock, systemClock } from '../clock.js'
import { externalLocationOf, localLocations, notFollowed, redactedAddress } from './address/index.js'
import { LocalDiskStore } from './localDisk/index.js'
import { MemoryStore } from './memoryStore.js'
import type { ObjectStore } from './objectStore.js'
import { StorageError } from './storageError.js'

/** What opening a store takes beside its address; what its kind has no use for is passed over. */
export interface OpenStoreOptions {
  /** Azure Storage connection string; without it the store finds a credential by itself (see azureBlob.ts). */
  readonly connectionString?: string | undefined
  /** Client id of a user-assigned managed identity. */
  readonly managedIdentityClientId?: string | undefined
  /**
   * Folders, containers or accounts that a table's log and links may lead to although they are outside the table, as
   * `https://other.blob.core.windows.net/shared` or `file:///data`; one of Azure may carry a signature (SAS) of its own.
   */
  readonly externalLocations?: readonly string[] | undefined
  /** The table whose log names the address. Such an address is opened only in an external location. */
  readonly namedBy?: string | undefined
  /** Gives a memory store its times. */
  readonly clock?: Clock | undefined
}

/**
 * The store at an address: `file:///data/lake` or an absolute path, `http://127.0.0.1:10000/devstoreaccount1/lake`,
 * `https://<account>.blob.core.windows.net/lake/prefix` (or `.dfs.`), `abfss://lake@<account>.dfs.core.windows.net/prefix`,
 * or `memory:` for one that is empty and ends with the process. Touches nothing yet; the Azure SDK is loaded only for
 * an address of Azure. A local path is a path, whatever characters it has; in a URL `#` and `?` are refused.
 * @throws StorageError STORAGE_BAD_ADDRESS for anything else; STORAGE_FORBIDDEN for what a table's log names outside
 * the external locations
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<ObjectStore> {
  const { namedBy, ...rest } = options
  if (namedBy !== undefined) return await openNamed(url, namedBy, rest)
  const locations = localLocations(options.externalLocations ?? [])
  if (path.isAbsolute(url)) return new LocalDiskStore(url, locations)
  switch (/^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase()) {
    case 'file:':
      return new LocalDiskStore(localPathOf(url), locations)
    case 'memory:':
      return new MemoryStore(options.clock ?? systemClock)
    case 'http:':
    case 'https:':
    case 'abfss:': {
      const { openAzureBlob } = await import('./azureBlob/index.js')
      return await openAzureBlob(url, options)
    }
    default:
      throw badAddress(url)
  }
}

/** What a log names is opened with what its location says, a signature in it too. */
async function openNamed(url: string, table: string, options: OpenStoreOptions): Promise<ObjectStore> {
  const location = externalLocationOf(url, options.externalLocations ?? [])
  if (location === undefined) throw notFollowed(url, table)
  if (!/^https?:|^abfss:/i.test(url)) return await openStore(url, options)
  const { openNamedAzureBlob } = await import('./azureBlob/index.js')
  return await openNamedAzureBlob(url, location, options)
}

function localPathOf(url: string): string {
  if (/[?#]/.test(url))
    throw badAddress(
      url,
      undefined,
      'a part behind "?" or "#" has no meaning in it; in a name they are written %3F and %23',
    )
  if (!/^file:\//i.test(url)) throw badAddress(url, undefined, 'a relative path has no meaning in it')
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw badAddress(url, cause)
  }
}

function badAddress(url: string, cause?: unknown, reason?: string): StorageError {
  const shown = redactedAddress(url)
  return new StorageError(
    'STORAGE_BAD_ADDRESS',
    `"${shown}" is no address of a store${reason === undefined ? '' : `: ${reason}`}. Use file:///folder, an absolute path, ` +
      'http://127.0.0.1:10000/devstoreaccount1/container, https://<account>.blob.core.windows.net/container, ' +
      'or abfss://container@<account>.dfs.core.windows.net.',
    { data: { url: shown }, cause },
  )
}
