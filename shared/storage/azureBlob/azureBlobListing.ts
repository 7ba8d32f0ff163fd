import type { BlobItem, ContainerClient } from '@azure/storage-blob'

import { compareUtf8, isObjectName } from '../objectPath.js'
import type { ObjectInfo } from '../objectStore.js'
import type { AccountClients } from './azureBlobClients.js'
import { serviceAnswer } from './azureBlobError.js'
import { retried, type RetryLimits } from './azureBlobRetry.js'
import { TornAnswer } from './tornAnswer.js'

/**
 * The blobs whose names start with `prefix` and sort after `startAfter`, by their names in the container, in the order
 * of UTF-8 bytes. Folders of a hierarchical namespace are left out, and so are names that no object of a store can
 * have, such as `a//b` or `a/`.
 *
 * Everything is collected before the first is given: accounts with a hierarchical namespace order names folder by
 * folder (`a/x` before `a-b`), and Azurite by UTF-16, so an order of their own is only found out at the end.
 */
export async function* listBlobs(
  container: ContainerClient,
  prefix: string,
  startAfter: string,
  service: ListingService,
): AsyncGenerator<ObjectInfo> {
  if (compareUtf8(startAfter, prefix) > 0 && !startAfter.startsWith(prefix)) return
  const infos = await collectedFrom(
    container,
    prefix,
    service.account.knowsStartFrom ? safeStart(prefix, startAfter) : undefined,
    service,
  )
  for (const info of inOrder(infos)) if (compareUtf8(info.path, startAfter) > 0) yield info
}

/** A folder of a hierarchical namespace looks like an empty blob with this mark. */
export function isFolder(metadata: Readonly<Record<string, string>> | undefined): boolean {
  return metadata?.['hdi_isfolder'] === 'true'
}

/** How the service is asked. */
export interface ListingService {
  readonly limits: RetryLimits
  /** Learns that it may not be given the name to list from when it refuses that. */
  readonly account: Pick<AccountClients, 'knowsStartFrom'>
}

/**
 * From where the service may list so that nothing after `startAfter` is lost, whichever order it keeps: up to the first
 * character that those orders place differently. `undefined` when that is no more than the prefix.
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
  service: ListingService,
): Promise<ObjectInfo[]> {
  try {
    return await pagesOf(container, prefix, startFrom, service.limits)
  } catch (error) {
    // A service older than the parameter; the whole folder holds what was asked for.
    if (startFrom === undefined || serviceAnswer(error).status !== 400) throw error
    const infos = await pagesOf(container, prefix, undefined, service.limits)
    service.account.knowsStartFrom = false
    return infos
  }
}

async function pagesOf(
  container: ContainerClient,
  prefix: string,
  startFrom: string | undefined,
  limits: RetryLimits,
): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = []
  let continuationToken: string | undefined
  do {
    const token = continuationToken
    const page = await retried(limits, 0, async ({ signal }) => {
      // Metadata is what identifies folders; the project's own blobs have none.
      const options = {
        prefix,
        includeMetadata: true,
        abortSignal: signal,
        ...(startFrom === undefined ? {} : { startFrom }),
      }
      const pages = container.listBlobsFlat(options).byPage(token === undefined ? {} : { continuationToken: token })
      return await wholePage(pages)
    })
    for (const { name, properties, metadata } of page.segment?.blobItems ?? []) {
      if (isFolder(metadata) || !isObjectName(name)) continue
      infos.push({ path: name, size: properties.contentLength ?? 0, modifiedAt: properties.lastModified.getTime() })
    }
    continuationToken = page.continuationToken === '' ? undefined : page.continuationToken
  } while (continuationToken !== undefined)
  return infos
}

/** What the SDK promises of a page, but for what an answer without a body lacks. */
interface Page {
  readonly segment?:
    | { readonly blobItems: readonly BlobItem[]; readonly blobPrefixes?: readonly { readonly name: string }[] }
    | undefined
  readonly continuationToken?: string | undefined
}

/**
 * A page that is there: an answer without a body would be a folder without objects, and is a TypeError of the SDK's.
 */
async function wholePage(pages: AsyncIterator<Page>): Promise<Page> {
  let page: Page | undefined
  try {
    page = (await pages.next()).value as Page | undefined
  } catch (error) {
    throw error instanceof TypeError ? new TornAnswer(error) : error
  }
  if (page?.segment === undefined) throw new TornAnswer()
  return page
}

function inOrder(infos: ObjectInfo[]): readonly ObjectInfo[] {
  const sorted = infos.every((info, i) => i === 0 || compareUtf8(infos[i - 1]?.path ?? '', info.path) < 0)
  return sorted ? infos : infos.sort((a, b) => compareUtf8(a.path, b.path))
}

/** Names of the folders directly under `prefix`, which ends with `/` or is empty. */
export async function folderNames(
  container: ContainerClient,
  prefix: string,
  limits: RetryLimits,
): Promise<readonly string[]> {
  const names: string[] = []
  let continuationToken: string | undefined
  do {
    const token = continuationToken
    const page = await retried(limits, 0, async ({ signal }) => {
      const pages = container.listBlobsByHierarchy('/', { prefix, abortSignal: signal })
      return await wholePage(pages.byPage(token === undefined ? {} : { continuationToken: token }))
    })
    for (const { name } of page.segment?.blobPrefixes ?? []) names.push(name.slice(prefix.length, -1))
    continuationToken = page.continuationToken === '' ? undefined : page.continuationToken
  } while (continuationToken !== undefined)
  return names.filter(isObjectName)
}
