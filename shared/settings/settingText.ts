/** The forms that settings are written in. Pure; no I/O. */

/** `host:port`, several separated by commas. */
export function isBrokerList(value: string): boolean {
  return value.split(',').every(broker => /^\s*(\[[0-9a-fA-F:]+\]|[^\s:,/]+):\d{1,5}\s*$/.test(broker))
}

/** A folder, or a container of a storage account. */
export function isLakeUrl(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || /[?#]/.test(value) || url.username !== '') return false
  if (url.protocol === 'file:') return value.startsWith('file:///') && url.pathname !== '/'
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.pathname.replace(/\/+$/, '') !== ''
}

/** Folders, containers and accounts, separated by commas; null when one of them is none. */
export function parseLocations(value: string): readonly string[] | null {
  const locations = value.split(',').map(location => location.trim()).filter(location => location !== '')
  return locations.every(isLocation) ? locations : null
}

function isLocation(value: string): boolean {
  const url = URL.parse(value)
  if (value.includes('#') || url === null) return false
  if (url.protocol === 'file:') return value.startsWith('file:///') && !value.includes('?')
  return ['https:', 'http:', 'abfss:'].includes(url.protocol)
}

/** An NCRONTAB expression of six fields. */
export function isSchedule(value: string): boolean {
  const fields = value.trim().split(/\s+/)
  return fields.length === 6 && fields.every(field => /^[\dA-Za-z*/,-]+$/.test(field))
}

/** Bytes of a text as `512MB`; null when it is none. */
export function parseSize(value: string): number | null {
  const match = /^(\d+)\s*(B|KB|MB|GB|TB)$/i.exec(value)
  if (match === null) return null
  const size = Number(match[1]) * 1024 ** ['B', 'KB', 'MB', 'GB', 'TB'].indexOf((match[2] ?? '').toUpperCase())
  return Number.isSafeInteger(size) && size > 0 ? size : null
}
