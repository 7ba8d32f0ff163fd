import { type FileHandle, open } from 'node:fs/promises'

import type { ObjectStore } from '../../storage/index.js'
import { QueryError } from '../duckdb/index.js'

/** An object that is never overwritten, so that its name identifies its bytes. */
export interface ImmutableFile {
  /** Name in the store. */
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** Bytes asked for in one request of a download: large enough to be fast, small enough to hold a few. */
const pieceBytes = 8 * 2 ** 20

/** Pieces of a file, written as they come, so that its size does not matter to the memory. */
export async function download(store: ObjectStore, file: ImmutableFile, localPath: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(localPath, 'wx')
    for (let start = 0; start < file.size; start += pieceBytes) {
      const end = Math.min(start + pieceBytes, file.size)
      const bytes = await store.get(file.path, { start, end })
      if (bytes?.length !== end - start) throw missing(store, file)
      await handle.writeFile(bytes)
    }
  } finally {
    await handle?.close()
  }
}

/** Where the file is in a store that is a local folder. */
export async function localFile(store: ObjectStore, file: ImmutableFile): Promise<string> {
  // The store looks first: it does not follow a link that leads out of it.
  const found = await store.head(file.path)
  if (found?.size !== file.size) throw missing(store, file)
  return store.localPath?.(file.path) ?? ''
}

function missing(store: ObjectStore, file: ImmutableFile): QueryError {
  return new QueryError(
    'QUERY_FILE_MISSING',
    `the file ${file.path} of ${store.url} is gone or not ${file.size} bytes long, although the table's log names it; ` +
      'was it vacuumed while it was still needed?',
    { data: { file: file.path, store: store.url } },
  )
}
