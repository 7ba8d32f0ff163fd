/**
 * Hosts of Azure Blob Storage: which account a host is, and where its requests go.
 */
export interface AzureHost {
  readonly account: string
  /** The host of the blob service. */
  readonly blobHost: string
  /** The same for every host of one account, whatever its endpoint: blob or dfs, secondary, private link, region. */
  readonly identity: string
  /** A service of Microsoft's: only there a token of an identity may be sent. */
  readonly trusted: boolean
  /** Microsoft Fabric; it knows a part of the blob service only. */
  readonly oneLake: boolean
  /** The read-only copy of an account in another region. */
  readonly secondary: boolean
}

/** Endpoint suffixes of the public and the national clouds (learn.microsoft.com: storage account endpoints). */
const trustedSuffixes: ReadonlySet<string> = new Set([
  'core.windows.net',
  'core.chinacloudapi.cn',
  'core.usgovcloudapi.net',
  'core.cloudapi.de',
  'core.microsoft.scloud',
  'core.eaglex.ic.gov',
  'storage.azure.net',
])

const accountHost = /^([a-z0-9]{3,24})(-secondary)?((?:\.z\d+)?)(?:\.privatelink)?\.(?:blob|dfs)\.(.+)$/

/** `onelake.`, of a region `westeurope-onelake.`, of a workspace's private link `<id>.z<xy>.`. */
const oneLakeHost = /^([a-z0-9-]+(?:\.z[0-9a-f]{2})?(?:\.w)?)\.(?:blob|dfs)\.fabric\.microsoft\.com$/

/**
 * What a host name says; undefined for one that is not of this form, such as an emulator's.
 *
 * A name below `privatelink` is looked up by the plain one, and only of that the service has a certificate.
 */
export function azureHost(hostname: string): AzureHost | undefined {
  const name = hostname.toLowerCase()
  const prefix = oneLakeHost.exec(name)?.[1]
  if (prefix !== undefined) {
    const blobHost = `${prefix}.blob.fabric.microsoft.com`
    return {
      account: 'onelake',
      blobHost,
      identity: 'fabric.microsoft.com',
      trusted: true,
      oneLake: true,
      secondary: false,
    }
  }
  const [, account, secondary = '', zone = '', suffix = ''] = accountHost.exec(name) ?? []
  if (account === undefined) return undefined
  return {
    account,
    blobHost: `${account}${secondary}${zone}.blob.${suffix}`,
    identity: `${account}${zone}.blob.${suffix}`,
    trusted: trustedSuffixes.has(suffix),
    oneLake: false,
    secondary: secondary !== '',
  }
}
