import type { TokenCredential } from '@azure/identity'
import { AnonymousCredential, StorageSharedKeyCredential } from '@azure/storage-blob'

import { type AzureBlobAddress, azureHost, externalLocationOf, formatAzureBlobAddress } from '../address/index.js'
import { StorageError } from '../storageError.js'
import { azureIdentity } from './azureIdentity.js'

/** What requests to a storage account can be signed with; see {@link azureBlobCredential} for what goes first. */
export interface AzureBlobAccess {
  readonly connectionString?: string | undefined
  /** Client id of a user-assigned managed identity. */
  readonly managedIdentityClientId?: string | undefined
  /** Places that the user trusts; a token goes to no host that is neither Microsoft's nor among them. */
  readonly externalLocations?: readonly string[] | undefined
}

/** How requests are signed: by a credential, or by a signature in the query. */
export interface AzureBlobCredential {
  readonly credential: StorageSharedKeyCredential | AnonymousCredential | TokenCredential
  readonly sas?: string | undefined
}

/** Azurite's account and key: the same on every machine, published by Microsoft, no secret. */
export const emulatorAccount = 'devstoreaccount1'
/** The key of {@link emulatorAccount}, in base64. */
export const emulatorKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/**
 * The first of: the connection string (its key or signature), a signature in the address, Azurite's own key for Azurite's
 * own account, the function app's managed identity, whoever is signed in on this machine (`az login`, environment).
 * @throws StorageError STORAGE_BAD_ADDRESS when the connection string is of another account or has no key;
 * STORAGE_FORBIDDEN when only an identity is left, and the host is not one to which its token may be sent
 */
export async function azureBlobCredential(
  address: AzureBlobAddress,
  access: AzureBlobAccess,
): Promise<AzureBlobCredential> {
  if (access.connectionString !== undefined && access.connectionString !== '') {
    return fromConnectionString(address, access.connectionString)
  }
  if (address.sas !== undefined) return { credential: new AnonymousCredential(), sas: address.sas }
  if (address.emulated) {
    if (address.account !== emulatorAccount) throw noKey(address, 'Give a connection string with its key.')
    return { credential: new StorageSharedKeyCredential(emulatorAccount, emulatorKey) }
  }
  requireTrusted(address, access.externalLocations ?? [])
  return { credential: await azureIdentity(access.managedIdentityClientId) }
}

/** The access to an address that a table names: a connection string of another account is not for it. */
export function accessTo(address: AzureBlobAddress, access: AzureBlobAccess): AzureBlobAccess {
  const { connectionString = '' } = access
  const account = connectionString === '' ? undefined : accountOf(connectionParts(connectionString))
  return account === undefined || account === address.account ? access : { ...access, connectionString: undefined }
}

/** Whoever gets a token of an identity can do with it what the identity may. */
function requireTrusted(address: AzureBlobAddress, locations: readonly string[]): void {
  const { protocol, hostname } = new URL(address.endpoint)
  if (protocol === 'https:' && azureHost(hostname)?.trusted === true) return
  const url = formatAzureBlobAddress(address)
  if (protocol === 'https:' && externalLocationOf(url, locations) !== undefined) return
  const reason =
    protocol === 'https:' ? `${hostname} is no host of Azure Storage that is known` : 'http is not encrypted'
  throw new StorageError(
    'STORAGE_FORBIDDEN',
    `No token is sent to ${url}: ${reason}. Use ${protocol === 'https:' ? '' : 'https, '}a connection string or a SAS` +
      (protocol === 'https:'
        ? ', or name it as an external location (LAKE_EXTERNAL_LOCATIONS, or --external-location).'
        : '.'),
    { data: { url } },
  )
}

function connectionParts(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(';').map(part => {
      const at = part.indexOf('=')
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const
    }),
  )
}

const isDevelopment = (parts: ReadonlyMap<string, string>) =>
  parts.get('usedevelopmentstorage')?.toLowerCase() === 'true'

const accountOf = (parts: ReadonlyMap<string, string>) =>
  isDevelopment(parts) ? emulatorAccount : parts.get('accountname')

function fromConnectionString(address: AzureBlobAddress, text: string): AzureBlobCredential {
  const parts = connectionParts(text)
  const account = accountOf(parts)
  if (account !== undefined && account !== address.account) {
    throw noKey(address, `The connection string is of the account "${account}".`)
  }
  const key = isDevelopment(parts) ? emulatorKey : parts.get('accountkey')
  if (key !== undefined) return { credential: new StorageSharedKeyCredential(address.account, key) }
  const sas = parts.get('sharedaccesssignature')
  if (sas === undefined)
    throw noKey(address, 'The connection string holds neither AccountKey nor SharedAccessSignature.')
  return { credential: new AnonymousCredential(), sas: sas.replace(/^\?/, '') }
}

function noKey(address: AzureBlobAddress, reason: string): StorageError {
  return new StorageError('STORAGE_BAD_ADDRESS', `No key for the storage account "${address.account}". ${reason}`, {
    data: { account: address.account },
  })
}
