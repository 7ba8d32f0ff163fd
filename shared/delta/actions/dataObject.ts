import { asError, CodedError, isRetryable } from '../../errors.js'
import { checkedPath, type ObjectStore, openStore } from '../../storage/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { resolveDataPath } from './dataPath.js'

/**
 * Opens the store whose root is the folder at `url`, which the log of the table `namedBy` names: for files that lie
 * neither in the table nor in its storage account.
 *
 * @throws StorageError STORAGE_FORBIDDEN, as `openStore` does, for a folder that is not to be trusted: all but those
 * that its option `externalLocations` names
 */
export type OpenFolder = (url: string, from: { readonly namedBy: string }) => Promise<ObjectStore>

/** An object, wherever it is. */
export interface DataObject {
  readonly store: ObjectStore
  /** Relative to the store's root. */
  readonly path: string
}

/**
 * What a path in the log of the table in `store` points to: in the table, in another folder of its storage account as a
 * shallow clone's does, or in one that `openFolder` opens. Any other is refused before anything is read or sent there.
 *
 * @throws DeltaError DELTA_BAD_PATH for a path that names no object or may not be followed
 */
export async function locateData(
  store: ObjectStore,
  logPath: string,
  {
    openFolder = openStore,
    where,
  }: { readonly openFolder?: OpenFolder | undefined; readonly where?: LogPlace | undefined } = {},
): Promise<DataObject> {
  const place = { table: store.url, ...where, file: logPath }
  try {
    const path = resolveDataPath(store.url, logPath)
    if (path.kind === 'relative') return { store, path: checkedPath(path.name) }
    const slash = path.url.lastIndexOf('/')
    const [folder, last] = [path.url.slice(0, slash), path.url.slice(slash + 1)]
    if (/[?#]/.test(path.url))
      throw new DeltaError('DELTA_BAD_PATH', 'it holds a "?" or "#" that is not percent-encoded')
    const name = checkedPath(decodeURIComponent(last))
    return { store: store.sibling?.(folder) ?? (await openFolder(folder, { namedBy: store.url })), path: name }
  } catch (error) {
    if (isRetryable(error)) throw error
    const { message } = asError(error)
    const isRefused = error instanceof CodedError && error.code === 'STORAGE_FORBIDDEN'
    throw new DeltaError('DELTA_BAD_PATH', isRefused ? message : `a path in the log names no object: ${message}`, {
      where: place,
      cause: error,
    })
  }
}
