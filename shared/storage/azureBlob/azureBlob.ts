import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob'

import {
  type AzureBlobAddress,
  formatAzureBlobAddress,
  isSameAccount,
  parseAzureBlobAddress,
} from '../address/index.js'
import { checkRange } from '../byteRange.js'
import { checkedFolder, checkedPath, checkedPrefix, joinedPath } from '../objectPath.js'
import type { ByteRange, ObjectInfo, ObjectStore, ObjectWriter, PutOutcome } from '../objectStore.js'
import { StorageError } from '../storageError.js'
import { sentBytes } from './azureBlobBody.js'
import type { AccountClients } from './azureBlobClients.js'
import { downloadBlob } from './azureBlobDownload.js'
import { azureError, meansExists, serviceAnswer } from './azureBlobError.js'
import { folderNames, isFolder, listBlobs } from './azureBlobListing.js'
import { retried, type RetryLimits } from './azureBlobRetry.js'
import { once, type Try } from './azureBlobTimeout.js'
import { BlobUpload } from './azureBlobUpload.js'

/**
 * Azure Blob Storage, with or without a hierarchical namespace, and Azurite. Objects are block blobs. The container is
 * made by the first write. `modifiedAt` is in whole seconds. What may be repeated is (see {@link retried}); put-if-absent
 * is sent once. Made by openAzureBlob.
 */
export class AzureBlobStore implements ObjectStore {
  readonly url: string
  readonly #address: AzureBlobAddress
  readonly #account: AccountClients
  readonly #container: ContainerClient
  readonly #limits: RetryLimits
  readonly #siblings = new Map<string, AzureBlobStore>()

  constructor(address: AzureBlobAddress, account: AccountClients, limits: RetryLimits) {
    this.url = formatAzureBlobAddress(address)
    this.#address = address
    this.#account = account
    this.#container = account.container(address.container)
    this.#limits = limits
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    if (range !== undefined) {
      checkRange(range)
      // HTTP has no way to ask for nothing.
      if (range.end !== undefined && range.end <= range.start) return (await this.head(path)) && new Uint8Array()
    }
    return this.#read('get', path, blob => downloadBlob(blob, range, this.#limits))
  }

  head(path: string): Promise<ObjectInfo | undefined> {
    return this.#read('head', path, async blob => {
      const found = await retried(this.#limits, 0, ({ signal }) => blob.getProperties({ abortSignal: signal }))
      if (isFolder(found.metadata)) return undefined
      return { path, size: found.contentLength ?? 0, modifiedAt: found.lastModified?.getTime() ?? 0 }
    })
  }

  /** From the head of an answer: the service says its time with each, also where it says that there is no such blob. */
  async now(): Promise<number> {
    const blob = this.#container.getBlockBlobClient(this.#name('_delta_log/_last_checkpoint'))
    try {
      const answer = await retried(this.#limits, 0, ({ signal }) => blob.getProperties({ abortSignal: signal }))
      return answer.date?.getTime() ?? Date.now()
    } catch (error) {
      const { status, date } = serviceAnswer(error)
      if (status === 404) return date ?? Date.now()
      throw this.#error('ask the time of', '', error, false)
    }
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#write('put', path, bytes.length, (blob, { signal, heard }) =>
      blob.upload(sentBytes(bytes, heard), bytes.length, { abortSignal: signal }),
    )
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    const blob = this.#container.getBlockBlobClient(this.#name(path))
    return this.#changing('putIfAbsent', path, () =>
      once(this.#limits, bytes.length, async ({ signal, heard }) => {
        try {
          const conditions = { ifNoneMatch: '*' }
          await blob.upload(sentBytes(bytes, heard), bytes.length, { conditions, abortSignal: signal })
          return 'created'
        } catch (error) {
          if (meansExists(error)) return 'exists'
          throw error
        }
      }),
    )
  }

  create(path: string): Promise<ObjectWriter> {
    const name = this.#name(path)
    const upload = new BlobUpload(name, {
      putWhole: bytes => this.put(path, bytes),
      stageBlock: async (id, bytes) => {
        await this.#write('stage', path, bytes.length, (blob, { signal, heard }) =>
          blob.stageBlock(id, sentBytes(bytes, heard), bytes.length, { abortSignal: signal }),
        )
      },
      commitBlocks: async ids => {
        await this.#write('commit', path, 0, (blob, { signal }) =>
          blob.commitBlockList([...ids], { abortSignal: signal }),
        )
      },
      etag: () =>
        this.#read(
          'head',
          path,
          async blob =>
            (await retried(this.#limits, 0, ({ signal }) => blob.getProperties({ abortSignal: signal }))).etag,
        ),
    })
    return Promise.resolve(upload)
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined } = {}): AsyncIterable<ObjectInfo> {
    const root = this.#address.folder === '' ? '' : `${this.#address.folder}/`
    const fullPrefix = root + checkedPrefix(prefix)
    try {
      for await (const info of listBlobs(this.#container, fullPrefix, root + (options.startAfter ?? ''), {
        account: this.#account,
        limits: this.#limits,
      })) {
        yield { ...info, path: info.path.slice(root.length) }
      }
    } catch (error) {
      if (serviceAnswer(error).code === 'ContainerNotFound') return
      throw this.#error('list', prefix, error, false)
    }
  }

  async folders(folder: string): Promise<readonly string[]> {
    const inside = joinedPath(this.#address.folder, folder === '' ? '' : checkedFolder(folder))
    try {
      return await folderNames(this.#container, inside === '' ? '' : `${inside}/`, this.#limits)
    } catch (error) {
      if (serviceAnswer(error).code === 'ContainerNotFound') return []
      throw this.#error('list', folder, error, false)
    }
  }

  async delete(path: string): Promise<void> {
    const blob = this.#container.getBlockBlobClient(this.#name(path))
    try {
      await retried(this.#limits, 0, ({ signal }) => blob.delete({ deleteSnapshots: 'include', abortSignal: signal }))
    } catch (error) {
      if (serviceAnswer(error).status === 404) return
      throw this.#error('delete', path, error, true)
    }
  }

  within(prefix: string): AzureBlobStore {
    const folder = joinedPath(this.#address.folder, checkedFolder(prefix))
    return new AzureBlobStore({ ...this.#address, folder }, this.#account, this.#limits)
  }

  sibling(url: string): AzureBlobStore | undefined {
    const known = this.#siblings.get(url)
    if (known !== undefined || !/^(?:https?|abfss):/i.test(url)) return known
    const { container, folder, ...other } = parseAzureBlobAddress(url)
    // A signature of somebody else's is not passed on, and requests go to the endpoint that the user has named.
    if (other.sas !== undefined || !isSameAccount(this.#address, { container, folder, ...other })) return undefined
    const store = new AzureBlobStore({ ...this.#address, container, folder }, this.#account, this.#limits)
    this.#siblings.set(url, store)
    return store
  }

  #error(operation: string, path: string, thrown: unknown, write: boolean): Error {
    return azureError(operation, path === '' ? this.url : `${this.url}/${path}`, thrown, {
      write,
      sas: this.#account.sas,
      isLocalEmulator: this.#account.isLocalEmulator,
    })
  }

  #name(path: string): string {
    return joinedPath(this.#address.folder, checkedPath(path))
  }

  async #read<T>(operation: string, path: string, act: (blob: BlockBlobClient) => Promise<T>): Promise<T | undefined> {
    const blob = this.#container.getBlockBlobClient(this.#name(path))
    try {
      return await act(blob)
    } catch (error) {
      if (serviceAnswer(error).status === 404) return undefined
      throw this.#error(operation, path, error, false)
    }
  }

  async #write(
    operation: string,
    path: string,
    bytes: number,
    act: (blob: BlockBlobClient, attempt: Try) => Promise<unknown>,
  ): Promise<void> {
    const blob = this.#container.getBlockBlobClient(this.#name(path))
    await this.#changing(operation, path, () => retried(this.#limits, bytes, attempt => act(blob, attempt)))
  }

  /** Runs a write; when the container is missing, makes it and runs the write again: nothing was written before. */
  async #changing<T>(operation: string, path: string, act: () => Promise<T>): Promise<T> {
    try {
      try {
        return await act()
      } catch (error) {
        if (serviceAnswer(error).code !== 'ContainerNotFound') throw error
        await this.#makeContainer(error)
        return await act()
      }
    } catch (error) {
      throw this.#error(operation, path, error, true)
    }
  }

  async #makeContainer(missing: unknown): Promise<void> {
    try {
      await retried(this.#limits, 0, ({ signal }) => this.#container.createIfNotExists({ abortSignal: signal }))
    } catch (error) {
      if (serviceAnswer(error).status !== 403) throw this.#error('create container', '', error, false)
      throw new StorageError(
        'STORAGE_ROOT_MISSING',
        `The container "${this.#address.container}" of ${this.#address.account} does not exist, and this identity may not make it. ` +
          'Make it, or check the address.',
        { data: { container: this.#address.container, account: this.#address.account }, cause: missing },
      )
    }
  }
}
