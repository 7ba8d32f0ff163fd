import { modelUriForms, parseModelUri } from '../contract/index.js'
import { namedValues } from '../types/index.js'
import { parseNcrontab } from './ncrontab.js'

/**
 * The forms that settings are written in. Each check gives what is wrong with a value, beginning with what was expected
 * instead, or undefined. None quotes the value.
 */
export type TextCheck = (value: string) => string | undefined

/** `host:port`, several separated by commas. */
export const brokersFault: TextCheck = value => {
  for (const broker of value.split(',').map(part => part.trim())) {
    const port = /^(?:\[[0-9a-fA-F:]+\]|[^\s:,/@]+):(\d{1,6})$/.exec(broker)?.[1]
    if (port === undefined) return 'expected host:port, several separated by commas'
    if (!isPort(Number(port))) return `expected a port from 1 to 65535, not ${port}`
  }
  return undefined
}

/**
 * Whether a service can be reached at it: 1 to 65535. 0 stands for any free port, and only a listener may ask for that.
 */
export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

/** An NCRONTAB expression of six fields that names a time which comes. */
export const scheduleFault: TextCheck = value => {
  const expected = 'expected an NCRONTAB expression of six fields, seconds first, as 0 */5 * * * *'
  if (value.split(/\s+/).length !== 6) return expected
  try {
    if (parseNcrontab(value).next(leapYear) !== undefined) return undefined
    return `${expected}; that time never comes`
  } catch (thrown) {
    return `${expected}; ${thrown instanceof Error ? thrown.message : String(thrown)}`
  }
}

/** Any year will do: the question is whether a day is in the calendar, and 29 February is. */
const leapYear = Date.UTC(2024, 0, 1)

/** Where a model comes from, for any stream. */
export const modelUriFault: TextCheck = value =>
  parseModelUri(value.replaceAll('{stream}', 's')) === undefined ? `expected ${modelUriForms}` : undefined

/** An address that is asked by HTTP. */
export const httpUrlFault: TextCheck = value => {
  const url = URL.parse(value)
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== ''
    ? undefined
    : 'expected an address as https://login.example.com/token'
}

/** Addresses of a schema registry, several separated by commas. */
export const registryUrlsFault: TextCheck = value => {
  const expected = 'expected https://host:port, several separated by commas'
  for (const one of value.split(',').map(part => part.trim())) {
    const url = URL.parse(one)
    if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return expected
    if (url.username !== '' || url.password !== '')
      return `${expected}; a user belongs into SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO`
    if (/[?#]/.test(one)) return `${expected}, without "?" and "#"`
  }
  return undefined
}

/** The base address of a collector, to which paths are added. */
export const collectorUrlFault: TextCheck = value => {
  const expected = 'expected http(s)://host:port'
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return expected
  if (url.username !== '' || url.password !== '') return `${expected}, without a user; a secret belongs into a header`
  return /[?#]/.test(value) ? `${expected}, without "?" and "#"` : undefined
}

/** `user:password`. */
export const userInfoFault: TextCheck = value => (/^[^:]+:/.test(value) ? undefined : 'expected user:password')

/** `<namespace>.servicebus.windows.net`, or its like in another cloud. */
export const namespaceFault: TextCheck = value =>
  /^[a-z][a-z0-9-]{4,48}[a-z0-9](\.[a-z0-9-]+){2,}$/i.test(value)
    ? undefined
    : 'expected a host name alone, as <namespace>.servicebus.windows.net'

/** The client id of an identity in Microsoft Entra, as the portal shows it. */
export const clientIdFault: TextCheck = value =>
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? undefined
    : 'expected the client id of an identity, as 01234567-89ab-cdef-0123-456789abcdef'

/** The scope of a token of Microsoft Entra. */
export const entraScopeFault: TextCheck = value =>
  /^(?:api|https):\/\/[^\s?#]+\/\.default$/.test(value) ? undefined : 'expected api://<application>/.default'

/** Where an MLflow server is, in the forms that MLflow's own clients know. */
export const trackingUriFault: TextCheck = value => {
  const expected = 'expected http(s)://host:port, databricks, databricks-uc or azureml://…'
  if (value === 'databricks' || value === 'databricks-uc') return undefined
  if (/^databricks(?:-uc)?:/.test(value))
    return `${expected}; profiles of a file are not read: use "databricks" with DATABRICKS_HOST and DATABRICKS_TOKEN`
  const url = URL.parse(value.replace(/^azureml:/, 'https:'))
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return expected
  if (url.username !== '' || url.password !== '')
    return `${expected}; a user belongs into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD`
  return /[?#]/.test(value) ? `${expected}, without "?" and "#"` : undefined
}

/** The name of a consumer group of Event Hubs. */
export const eventHubsGroupFault: TextCheck = value =>
  /^(?:\$default|[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])?)$/i.test(value)
    ? undefined
    : 'expected $Default, or at most 50 letters, digits, dots, dashes and underscores'

/** A connection string of Event Hubs, as the portal gives it. */
export const eventHubsConnectionFault: TextCheck = value => {
  const parts = connectionParts(value)
  const expected = 'expected Endpoint=sb://<namespace>.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…'
  if (URL.parse(parts.get('endpoint') ?? '')?.protocol !== 'sb:') return expected
  const signed =
    parts.has('sharedaccesssignature') || (parts.has('sharedaccesskeyname') && parts.has('sharedaccesskey'))
  return signed ? undefined : expected
}

/** A connection string of a storage account, as the portal gives it. */
export const storageConnectionFault: TextCheck = value => {
  const parts = connectionParts(value)
  if (parts.get('usedevelopmentstorage')?.toLowerCase() === 'true') return undefined
  const byKey = parts.has('accountname') && parts.has('accountkey')
  const bySignature = parts.has('sharedaccesssignature') && (parts.has('blobendpoint') || parts.has('accountname'))
  if (byKey || bySignature) return undefined
  return 'expected DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net, or BlobEndpoint=…;SharedAccessSignature=…'
}

/** `Name=value` pairs by their names in lower case; pairs without a value are left out. */
export function connectionParts(value: string): ReadonlyMap<string, string> {
  const pairs = value.split(';').map(part => /^\s*([A-Za-z]+)\s*=\s*(.+?)\s*$/s.exec(part))
  return new Map(
    pairs.flatMap(pair => (pair === null ? [] : [[(pair[1] ?? '').toLowerCase(), pair[2] ?? ''] as const])),
  )
}

/** A number written as one: digits, a sign, a point, an exponent. Undefined when it is none. */
export function parseNumber(value: string): number | undefined {
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

/** Bytes of a text as `512MB`; null when it is none. */
export function parseSize(value: string): number | null {
  const match = /^(\d+)\s*(B|KB|MB|GB|TB)$/i.exec(value)
  if (match === null) return null
  const size = Number(match[1]) * 1024 ** ['B', 'KB', 'MB', 'GB', 'TB'].indexOf((match[2] ?? '').toUpperCase())
  return Number.isSafeInteger(size) && size > 0 ? size : null
}

/** Folders, containers and accounts, separated by commas; null when one of them is none. */
export function parseLocations(value: string): readonly string[] | null {
  const locations = value
    .split(',')
    .map(location => location.trim())
    .filter(location => location !== '')
  return locations.every(isLocation) ? locations : null
}

function isLocation(value: string): boolean {
  const url = URL.parse(value)
  if (value.includes('#') || url === null) return false
  if (url.protocol === 'file:') return value.startsWith('file:///') && !value.includes('?')
  return ['https:', 'http:', 'abfss:'].includes(url.protocol)
}

/**
 * `name=value` pairs as W3C Baggage and OpenTelemetry's settings write them; null when one is none, or its value does not
 * fit.
 */
export function parsePairs(text: string, fits: (value: string) => boolean): Readonly<Record<string, string>> | null {
  const values = namedValues<string>()
  for (const part of text.split(',').filter(one => one.trim() !== '')) {
    const [, name = '', encoded = ''] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? []
    const value = percentDecoded(encoded)
    if (name === '' || value === undefined || !fits(value)) return null
    values[name] = value
  }
  return values
}

/** Whether HTTP may carry it as the value of a header. */
export const isHeaderValue = (value: string): boolean => /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A number for every stream, and others for some by name. */
export interface NumberByStream {
  readonly default: number
  readonly streams: Readonly<Record<string, number>>
}

/** `300, orders=3600`: the number for all, and others for streams; null for anything else. */
export function parseByStream(text: string): NumberByStream | null {
  const [first = '', ...others] = text.split(',').map(part => part.trim())
  const fallback = jsonNumber(first)
  const streams = namedValues<number>()
  for (const part of others) {
    const [, stream = '', value = ''] = /^([A-Za-z_]\w*)\s*=\s*(\S+)$/.exec(part) ?? []
    const number = jsonNumber(value)
    if (stream === '' || number === undefined || streams[stream] !== undefined) return null
    streams[stream] = number
  }
  return fallback === undefined ? null : { default: fallback, streams }
}

/** As JSON writes a number that is not negative: the deployment passes it on as it is. */
function jsonNumber(text: string): number | undefined {
  return /^(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? parseNumber(text) : undefined
}
