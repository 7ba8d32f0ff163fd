import { DeltaError, type LogPlace } from '../deltaError.js'

/** Paths of data files: in the log (an RFC 2396 URI, encoded once) and as the object's name (raw). */
export type DataPath =
  { readonly kind: 'relative'; readonly name: string } | { readonly kind: 'absolute'; readonly url: string }

const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/
/** What Spark percent-encodes in a log path: controls, space and what a URI path may not hold. Non-ASCII stays raw. */
const encodedInLog = /[\u0000-\u0020"#%<>?[\\\]^`{|}\u007f]/g

/** The log path of an object name relative to the table: percent-encoded once, as Spark does it. */
export function encodeLogPath(name: string): string {
  const path = name.replace(encodedInLog, percent)
  // A colon in the first segment would read as a scheme.
  return scheme.test(path) ? path.replace(':', '%3A') : path
}

/** The object name that a relative log path stands for: decoded exactly once; `+` is a plus. */
export function decodeLogPath(path: string, where?: LogPlace): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch (error) {
    throw new DeltaError('DELTA_BAD_PATH', `path ${JSON.stringify(path)} is not percent-encoded`, {
      cause: error,
      where,
    })
  }
}

/**
 * What a path of the log points to: an object of this table's store, or an absolute address. An absolute address that
 * lies inside the table at `tableUrl` is relative after all.
 */
export function resolveDataPath(tableUrl: string, logPath: string): DataPath {
  if (!isAbsolutePath(logPath)) return { kind: 'relative', name: decodeLogPath(logPath) }
  const url = canonicalPath(logPath)
  const root = canonicalPath(isAbsolutePath(tableUrl) ? tableUrl : `/${tableUrl}`).replace(/\/+$/, '') + '/'
  if (url.startsWith(root)) return { kind: 'relative', name: url.slice(root.length) }
  return { kind: 'absolute', url: url.startsWith('/') ? `file://${url.replace(/[%?#]/g, percent)}` : logPath }
}

/** True for `scheme:…` and for a path that starts at the root. */
export function isAbsolutePath(logPath: string): boolean {
  return logPath.startsWith('/') || scheme.test(logPath)
}

/**
 * The form in which two log paths are one file if and only if they are equal: decoded, and `file:/x`, `file:///x` and
 * `/x` are one. A path that cannot be decoded is taken as it is, and fails when its file is read.
 */
export function canonicalPath(logPath: string): string {
  const path = isEncoded(logPath) ? decodeURIComponent(logPath) : logPath
  if (!path.startsWith('file:')) return path.startsWith('//') ? path.replace(/^\/+/, '/') : path
  return path
    .slice('file:'.length)
    .replace(/^\/\/localhost(?=\/)/, '')
    .replace(/^\/*/, '/')
}

function isEncoded(logPath: string): boolean {
  if (!logPath.includes('%')) return false
  try {
    decodeURIComponent(logPath)
    return true
  } catch {
    return false
  }
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
