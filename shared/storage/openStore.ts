import { fileURLToPath } from 'node:url'
import path from 'node:path'
import { systemClock, type Clock } from '../clock.js'
import { LocalDiskStore } from './localDisk.js'
import { MemoryStore } from './memoryStore.js'
import type { ObjectStore } from './objectStore.js'
import { StorageError } from './storageError.js'

export interface OpenStoreOptions {
  /** Azure Storage connection string; without it the store finds a credential by itself (see azureBlob.ts). */
  readonly connectionString?: string | undefined
  /** Client id of a user-assigned managed identity. */
  readonly managedIdentityClientId?: string | undefined
  /** Gives a memory store its times. */
  readonly clock?: Clock | undefined
}

/**
 * The store at an address: `file:///data/lake` or an absolute path, `http://127.0.0.1:10000/devstoreaccount1/lake`,
 * `https://<account>.blob.core.windows.net/lake/prefix` (or `.dfs.`), `abfss://lake@<account>.dfs.core.windows.net/prefix`,
 * or `memory:` for one that is empty and ends with the process. Touches nothing yet; the Azure SDK is loaded only for
 * an address of Azure.
 * @throws StorageError STORAGE_BAD_ADDRESS for anything else
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<ObjectStore> {
  if (path.isAbsolute(url)) return new LocalDiskStore(url)
  switch (/^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase()) {
    case 'file:':
      return new LocalDiskStore(localPathOf(url))
    case 'memory:':
      return new MemoryStore(options.clock ?? systemClock)
    case 'http:':
    case 'https:':
    case 'abfss:': {
      const { openAzureBlob } = await import('./azureBlob.js')
      return await openAzureBlob(url, options)
    }
    default:
      throw badAddress(url)
  }
}

function localPathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw badAddress(url, cause)
  }
}

function badAddress(url: string, cause?: unknown): StorageError {
  return new StorageError(
    'STORAGE_BAD_ADDRESS',
    `"${url}" is no address of a store. Use file:///folder, an absolute path, ` +
      'http://127.0.0.1:10000/devstoreaccount1/container, https://<account>.blob.core.windows.net/container, ' +
      'or abfss://container@<account>.dfs.core.windows.net.',
    { data: { url }, cause },
  )
}
