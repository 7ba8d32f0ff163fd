import { parseAzureBlobAddress } from '../address/index.js'
import { AzureBlobStore } from './azureBlob.js'
import { AccountClients } from './azureBlobClients.js'
import { accessTo, type AzureBlobAccess, azureBlobCredential } from './azureBlobCredential.js'
import { defaultPauseMs } from './azureBlobRetry.js'
import { timeoutLimits, type TimeoutOptions } from './azureBlobTimeout.js'

/** How requests are signed, and how long they are tried. */
export interface AzureBlobOptions extends AzureBlobAccess, TimeoutOptions {
  /** Milliseconds before a second try; 250 when absent. */
  readonly pauseMs?: number | undefined
}

/** Opens a blob container, or a folder in it; see {@link parseAzureBlobAddress} for addresses. Sends nothing yet. */
export async function openAzureBlob(url: string, options: AzureBlobOptions = {}): Promise<AzureBlobStore> {
  const address = parseAzureBlobAddress(url)
  const credential = await azureBlobCredential(address, options)
  const limits = { ...timeoutLimits(options), pauseMs: options.pauseMs ?? defaultPauseMs }
  return new AzureBlobStore(address, new AccountClients(address, credential), limits)
}

/** Opens the folder `url`, which a table names, in the external location that holds it, with the location's own signature. */
export async function openNamedAzureBlob(
  url: string,
  location: string,
  options: AzureBlobOptions = {},
): Promise<AzureBlobStore> {
  const address = parseAzureBlobAddress(url)
  const query = location.indexOf('?')
  const signed = address.sas === undefined && query !== -1 ? `${url}${location.slice(query)}` : url
  return await openAzureBlob(signed, { ...options, ...accessTo(address, options) })
}
