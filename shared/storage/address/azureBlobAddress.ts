import { checkedFolder } from '../objectPath.js'
import { StorageError } from '../storageError.js'
import { azureHost } from './azureBlobHost.js'
import { redactedAddress } from './redactedAddress.js'

/** Where a lake is in Azure Blob Storage or its emulator. */
export interface AzureBlobAddress {
  /** The account's blob endpoint, without a slash at the end. */
  readonly endpoint: string
  readonly account: string
  readonly container: string
  /** The lake's folder inside the container; empty for the container itself. */
  readonly folder: string
  /** A shared access signature that was part of the address; a secret. */
  readonly sas?: string | undefined
  /** The account is a part of the path, as Azurite has it. */
  readonly emulated: boolean
}

/** Fields of a shared access signature: `sv`, `sig`, `skoid`, `rscd` and their like. */
const sasField = /^(?:s[a-z]{1,7}|rsc[a-z]|ses|si)$/
/** Other parameters of the service that are written like them. */
const notSas: ReadonlySet<string> = new Set(['snapshot'])

/**
 * Reads `http://127.0.0.1:10000/devstoreaccount1/lake`, `https://<account>.blob.core.windows.net/lake/prefix`, the same
 * with `.dfs.`, and `abfss://lake@<account>.dfs.core.windows.net/prefix`. Nothing in it is passed over: what is neither
 * the place nor a signature is refused, so that two addresses are not one table.
 * @throws StorageError STORAGE_BAD_ADDRESS that says what is wrong with it
 */
export function parseAzureBlobAddress(address: string): AzureBlobAddress {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined) throw badAddress(address, 'it is not a URL')
  const sas = signatureOf(url, address)
  const segments = url.pathname
    .split('/')
    .filter(segment => segment !== '')
    .map(segment => decoded(segment, address))
  if (url.protocol === 'abfss:') {
    if (url.username === '')
      throw badAddress(address, 'it needs the form abfss://container@account.dfs.core.windows.net/prefix')
    segments.unshift(decoded(url.username, address))
  } else if (url.username !== '') throw badAddress(address, 'a user name has no meaning in it')
  if (url.password !== '') throw badAddress(address, 'a password has no meaning in it')
  const host = azureHost(url.hostname)
  const emulated = host === undefined
  const account = host === undefined ? segments.shift() : host.account
  const [container, ...folder] = segments
  if (account === undefined || container === undefined) throw badAddress(address, 'it names no container')
  return {
    endpoint:
      host === undefined
        ? `${url.protocol}//${url.host}/${account}`
        : `${url.protocol === 'http:' ? 'http:' : 'https:'}//${host.blobHost}${url.port && `:${url.port}`}`,
    account,
    container,
    folder: checkedFolder(folder.join('/')),
    sas,
    emulated,
  }
}

/** The address in its plain form, which `parseAzureBlobAddress` reads again; without the signature. */
export function formatAzureBlobAddress(address: AzureBlobAddress): string {
  const path = [address.container, ...address.folder.split('/').filter(segment => segment !== '')]
  return `${address.endpoint}/${path.map(encodeURIComponent).join('/')}`
}

/** Whether what signs requests to the one may sign requests to the other. */
export function isSameAccount(one: AzureBlobAddress, other: AzureBlobAddress): boolean {
  return accountIdentity(one) === accountIdentity(other)
}

function accountIdentity({ endpoint }: AzureBlobAddress): string {
  const url = new URL(endpoint)
  const host = azureHost(url.hostname)
  // The port counts: another process of the same machine is somebody else.
  return host === undefined ? endpoint : `${host.identity}:${url.port}`
}

function signatureOf(url: URL, address: string): string | undefined {
  if (address.includes('#'))
    throw badAddress(address, 'a part behind "#" has no meaning in it; in a name it is written %23')
  if (!address.includes('?')) return undefined
  const isSignature =
    url.searchParams.has('sig') && [...url.searchParams.keys()].every(name => sasField.test(name) && !notSas.has(name))
  if (!isSignature)
    throw badAddress(
      address,
      'behind "?" only a shared access signature (SAS) has a meaning; in a name it is written %3F',
    )
  return url.search.slice(1)
}

function decoded(segment: string, address: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badAddress(address, `"${segment}" is not percent-encoded text`)
  }
}

function badAddress(address: string, reason: string): StorageError {
  const shown = redactedAddress(address)
  return new StorageError('STORAGE_BAD_ADDRESS', `"${shown}" is no address of a blob container: ${reason}.`, {
    data: { url: shown },
  })
}
