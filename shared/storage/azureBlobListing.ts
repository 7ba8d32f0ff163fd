import type { ContainerClient } from '@azure/storage-blob'
import { serviceAnswer } from './azureBlobError.js'
import { compareUtf8 } from './objectPath.js'
import type { ObjectInfo } from './objectStore.js'

/**
 * The blobs whose names start with `prefix` and sort after `startAfter`, by their names in the container, in the order
 * of UTF-8 bytes. Folders of a hierarchical namespace are left out.
 *
 * Everything is collected before the first is given: accounts with a hierarchical namespace order names folder by
 * folder (`a/x` before `a-b`), and Azurite by UTF-16, so an order of their own is only found out at the end.
 */
export async function* listBlobs(
  container: ContainerClient,
  prefix: string,
  startAfter: string,
  pageDeadline: () => AbortSignal,
): AsyncGenerator<ObjectInfo> {
  if (compareUtf8(startAfter, prefix) > 0 && !startAfter.startsWith(prefix)) return
  const infos = await collectedFrom(container, prefix, safeStart(prefix, startAfter), pageDeadline)
  for (const info of inOrder(infos)) if (compareUtf8(info.path, startAfter) > 0) yield info
}

/**
 * From where the service may list so that nothing after `startAfter` is lost, whichever order it keeps: up to the first
 * character that those orders place differently. `undefined` when that is no more than the prefix. Pure; no I/O.
 */
export function safeStart(prefix: string, startAfter: string): string | undefined {
  if (!startAfter.startsWith(prefix)) return undefined
  const rest = startAfter.slice(prefix.length)
  // Below "/": a hierarchical namespace has "/" first. From the surrogates on: UTF-16 differs from UTF-8.
  const end = rest.search(/[\0-.\ud800-\uffff]/)
  const kept = end === -1 ? rest : rest.slice(0, end)
  return kept === '' ? undefined : prefix + kept
}

async function collectedFrom(
  container: ContainerClient,
  prefix: string,
  startFrom: string | undefined,
  pageDeadline: () => AbortSignal,
): Promise<ObjectInfo[]> {
  try {
    return await pagesOf(container, prefix, startFrom, pageDeadline)
  } catch (error) {
    // A service older than the parameter; the whole folder holds what was asked for.
    if (startFrom === undefined || serviceAnswer(error).status !== 400) throw error
    return await pagesOf(container, prefix, undefined, pageDeadline)
  }
}

async function pagesOf(
  container: ContainerClient,
  prefix: string,
  startFrom: string | undefined,
  pageDeadline: () => AbortSignal,
): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = []
  let continuationToken: string | undefined
  do {
    // Metadata is what tells folders; the project's own blobs have none.
    const options = { prefix, includeMetadata: true, abortSignal: pageDeadline(), ...(startFrom === undefined ? {} : { startFrom }) }
    const pages = container.listBlobsFlat(options).byPage(continuationToken === undefined ? {} : { continuationToken })
    const page = await pages.next()
    if (page.done === true) break
    for (const { name, properties, metadata } of page.value.segment.blobItems) {
      if (metadata?.['hdi_isfolder'] === 'true') continue
      infos.push({ path: name, size: properties.contentLength ?? 0, modifiedAt: properties.lastModified.getTime() })
    }
    continuationToken = page.value.continuationToken === '' ? undefined : page.value.continuationToken
  } while (continuationToken !== undefined)
  return infos
}

function inOrder(infos: ObjectInfo[]): readonly ObjectInfo[] {
  const sorted = infos.every((info, i) => i === 0 || compareUtf8(infos[i - 1]?.path ?? '', info.path) < 0)
  return sorted ? infos : infos.sort((a, b) => compareUtf8(a.path, b.path))
}
