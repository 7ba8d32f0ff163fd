import { asError, isRetryable } from '../errors.js'
import { checkedPath } from '../storage/objectPath.js'
import type { ObjectStore } from '../storage/objectStore.js'
import { openStore } from '../storage/openStore.js'
import { DeltaError, type LogPlace } from './deltaError.js'
import { resolveDataPath } from './path.js'

/** Opens the store whose root is the folder at `url`: for files that lie outside the table, as a shallow clone's do. */
export type OpenFolder = (url: string) => Promise<ObjectStore>

/** An object, wherever it is. */
export interface DataObject {
  readonly store: ObjectStore
  /** Relative to the store's root. */
  readonly path: string
}

/**
 * What a path in the log of the table in `store` points to. An absolute path to this machine's disk is followed when
 * the table is on it too; any other needs `openFolder`.
 *
 * @throws DeltaError DELTA_BAD_PATH for a path that nobody here can follow
 */
export async function locateData(
  store: ObjectStore,
  logPath: string,
  { openFolder, where }: { readonly openFolder?: OpenFolder | undefined; readonly where?: LogPlace | undefined } = {},
): Promise<DataObject> {
  const place = { table: store.url, ...where, file: logPath }
  try {
    const path = resolveDataPath(store.url, logPath)
    if (path.kind === 'relative') return { store, path: checkedPath(path.name) }
    const slash = path.url.lastIndexOf('/')
    const folder = path.url.slice(0, slash)
    const name = checkedPath(decodeURIComponent(path.url.slice(slash + 1)))
    if (openFolder !== undefined) return { store: await openFolder(folder), path: name }
    if (path.url.startsWith('file:') && store.localPath !== undefined) return { store: await openStore(folder), path: name }
  } catch (error) {
    if (isRetryable(error)) throw error
    throw new DeltaError('DELTA_BAD_PATH', `a path in the log names no object: ${asError(error).message}`, { where: place, cause: error })
  }
  throw new DeltaError('DELTA_BAD_PATH', `${logPath} lies outside the table's own store, where this reader cannot follow`, {
    where: place,
  })
}
