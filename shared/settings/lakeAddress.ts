import { asError } from '../errors.js'
import { azureHost, parseAzureBlobAddress } from '../storage/index.js'
import type { TextCheck } from './settingText.js'

/** A container of Azure; OneLake's are workspaces, which may have any name. */
const containerName = /^(?:\$[a-z]+|(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*)$/

const expected = 'expected file:///folder or https://<account>.dfs.core.windows.net/<container>'

/** A folder, or a container of a storage account that can be one. */
export const lakeUrlFault: TextCheck = value => {
  const url = URL.parse(value)
  if (url === null) return expected
  if (/[?#]/.test(value)) return `${expected}, without "?" and "#"; a signature belongs into LAKE_CONNECTION_STRING`
  if (url.protocol === 'file:') return value.startsWith('file:///') && url.pathname !== '/' ? undefined : expected
  if (!['https:', 'http:', 'abfss:'].includes(url.protocol)) return expected
  let address
  try {
    address = parseAzureBlobAddress(value)
  } catch (thrown) {
    return `${expected}; ${asError(thrown).message.replace(/^.*? is no address of a blob container: |\.$/g, '')}`
  }
  const host = azureHost(url.hostname)
  if (host === undefined && !isEmulatorHost(url.hostname))
    return `${expected}; ${url.hostname} is no host of Azure Storage`
  if (host?.secondary === true) return 'expected the account itself; -secondary is its read-only copy'
  if (host?.oneLake === true || containerName.test(address.container)) return undefined
  return `${expected}; "${address.container}" is no name of a container (3 to 63 small letters, digits and single dashes)`
}

/** Emulators run on this machine or in a network of one's own: a name without a dot, a private address. */
function isEmulatorHost(hostname: string): boolean {
  const isPrivate = /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[)/.test(hostname)
  return isPrivate || !hostname.includes('.') || /\.(?:localhost|local|internal|lan|test)$/.test(hostname)
}

/** The storage account of an address; undefined for a folder and for an emulator. */
export function accountOf(lakeUrl: string): string | undefined {
  return azureHost(URL.parse(lakeUrl)?.hostname ?? '')?.account
}
