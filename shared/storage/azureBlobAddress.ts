import { checkedFolder } from './objectPath.js'
import { StorageError } from './storageError.js'

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

/** `<account>.blob.core.windows.net` and its like in other clouds, zones and OneLake. */
const accountHost = /^([a-z0-9]{3,24})((?:\.z\d+)?)\.(?:blob|dfs)\.(.+)$/i

/**
 * Reads `http://127.0.0.1:10000/devstoreaccount1/lake`, `https://<account>.blob.core.windows.net/lake/prefix`, the same
 * with `.dfs.`, and `abfss://lake@<account>.dfs.core.windows.net/prefix`. Pure; no I/O.
 * @throws StorageError STORAGE_BAD_ADDRESS
 */
export function parseAzureBlobAddress(address: string): AzureBlobAddress {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined) throw badAddress(address, 'it is not a URL')
  const segments = url.pathname.split('/').filter(segment => segment !== '').map(segment => decoded(segment, address))
  if (url.protocol === 'abfss:') {
    if (url.username === '') throw badAddress(address, 'it needs the form abfss://container@account.dfs.core.windows.net/prefix')
    segments.unshift(decoded(url.username, address))
  }
  const host = accountHost.exec(url.hostname)
  const emulated = host === null
  const account = host === null ? segments.shift() : host[1]
  const [container, ...folder] = segments
  if (account === undefined || container === undefined) throw badAddress(address, 'it names no container')
  const sas = url.searchParams.has('sig') ? url.search.slice(1) : undefined
  return {
    endpoint: host === null
      ? `${url.protocol}//${url.host}/${account}`
      : `${url.protocol === 'http:' ? 'http:' : 'https:'}//${account}${host[2] ?? ''}.blob.${host[3] ?? ''}${url.port && `:${url.port}`}`,
    account,
    container,
    folder: checkedFolder(folder.join('/')),
    sas,
    emulated,
  }
}

/** The address in its plain form, which `parseAzureBlobAddress` reads again; without the signature. Pure; no I/O. */
export function formatAzureBlobAddress(address: AzureBlobAddress): string {
  const path = [address.container, ...address.folder.split('/').filter(segment => segment !== '')]
  return `${address.endpoint}/${path.map(encodeURIComponent).join('/')}`
}

function decoded(segment: string, address: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badAddress(address, `"${segment}" is not percent-encoded text`)
  }
}

function badAddress(address: string, reason: string): StorageError {
  const shown = address.replace(/\?.*$/s, '')
  return new StorageError('STORAGE_BAD_ADDRESS', `"${shown}" is no address of a blob container: ${reason}.`, { data: { url: shown } })
}
