import { StorageError } from './storageError.js'

/**
 * Names of objects, checked and ordered the same way by every store.
 */

/** Order of the UTF-8 bytes of two strings, which is the order of their code points: what blob listings use. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    // UTF-16 puts surrogates (U+10000 and up) below U+E000 to U+FFFF; UTF-8 puts them above.
    if (x !== y) return codePointRank(x) - codePointRank(y)
  }
  return a.length - b.length
}

function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/**
 * Answers the path when it can name an object on every store.
 * @throws StorageError STORAGE_BAD_ADDRESS when it is empty, begins or ends with `/`, has an empty, `.` or `..`
 * segment (it would leave the root or mean another name), or a character that not every store can hold
 */
export function checkedPath(path: string): string {
  if (path === '') throw badPath(path, 'is empty')
  checkSegments(path, path.split('/'))
  return path
}

/** Whether {@link checkedPath} takes the name: what a listing of foreign objects may give. */
export function isObjectName(path: string): boolean {
  return path !== '' && faultOf(path, path.split('/')) === undefined
}

/** Answers the prefix of a listing when every whole folder in it is a proper name; the last part may be any text. */
export function checkedPrefix(prefix: string): string {
  checkSegments(prefix, prefix.split('/').slice(0, -1))
  return prefix
}

/** Answers a folder for `within`: no slash at either end; empty for the root itself. */
export function checkedFolder(folder: string): string {
  const trimmed = folder.endsWith('/') ? folder.slice(0, -1) : folder
  return trimmed === '' ? '' : checkedPath(trimmed)
}

/** `folder/path`, or just the one when the other is empty. */
export function joinedPath(folder: string, path: string): string {
  if (folder === '') return path
  return path === '' ? folder : `${folder}/${path}`
}

function checkSegments(path: string, segments: readonly string[]): void {
  const fault = faultOf(path, segments)
  if (fault !== undefined) throw badPath(path, fault)
}

function faultOf(path: string, segments: readonly string[]): string | undefined {
  for (const segment of segments) {
    if (segment === '') return 'has an empty part: no slash at the beginning or end, none doubled'
    if (segment === '.' || segment === '..') return `has a part "${segment}"`
  }
  // Blob storage would read it as a slash.
  if (path.includes('\\')) return 'holds a backslash'
  if (path.includes('\0') || !path.isWellFormed()) return 'holds a character that has no bytes in a name'
  return undefined
}

function badPath(path: string, reason: string): StorageError {
  return new StorageError('STORAGE_BAD_ADDRESS', `The object name ${JSON.stringify(path)} ${reason}.`, {
    data: { path },
  })
}
