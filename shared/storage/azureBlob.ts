import type { BlockBlobClient } from '@azure/storage-blob'
import { formatAzureBlobAddress, isSameAccount, parseAzureBlobAddress, type AzureBlobAddress } from './azureBlobAddress.js'
import { AccountClients, type ContainerClients } from './azureBlobClients.js'
import { accessTo, azureBlobCredential, type AzureBlobAccess } from './azureBlobCredential.js'
import { azureError, serviceAnswer } from './azureBlobError.js'
import { listBlobs } from './azureBlobListing.js'
import { BlobUpload } from './azureBlobUpload.js'
import { checkRange } from './byteRange.js'
import { checkedFolder, checkedPath, checkedPrefix, joinedPath } from './objectPath.js'
import type { ByteRange, ObjectInfo, ObjectStore, ObjectWriter, PutOutcome } from './objectStore.js'
import { StorageError } from './storageError.js'

const defaultDeadlineMs = 60_000

export interface AzureBlobOptions extends AzureBlobAccess {
  /** Milliseconds an operation may take, its retries included; what it moves adds a second per megabyte. 60,000 when absent. */
  readonly deadlineMs?: number | undefined
}

/** Opens a blob container, or a folder in it; see {@link parseAzureBlobAddress} for addresses. Sends nothing yet. */
export async function openAzureBlob(url: string, options: AzureBlobOptions = {}): Promise<AzureBlobStore> {
  const address = parseAzureBlobAddress(url)
  const credential = await azureBlobCredential(address, options)
  return new AzureBlobStore(address, new AccountClients(address, credential), options.deadlineMs ?? defaultDeadlineMs)
}

/** Opens the folder `url`, which a table names, in the external location that holds it, with the location's own signature. */
export async function openNamedAzureBlob(url: string, location: string, options: AzureBlobOptions = {}): Promise<AzureBlobStore> {
  const address = parseAzureBlobAddress(url)
  const query = location.indexOf('?')
  const signed = address.sas === undefined && query !== -1 ? `${url}${location.slice(query)}` : url
  return await openAzureBlob(signed, { ...options, ...accessTo(address, options) })
}

/**
 * Azure Blob Storage, with or without a hierarchical namespace, and Azurite. Objects are block blobs. The container is
 * made by the first write. `modifiedAt` is in whole seconds. Made by {@link openAzureBlob}.
 */
export class AzureBlobStore implements ObjectStore {
  readonly url: string
  readonly #address: AzureBlobAddress
  readonly #account: AccountClients
  readonly #clients: ContainerClients
  readonly #deadlineMs: number
  readonly #siblings = new Map<string, AzureBlobStore>()

  constructor(address: AzureBlobAddress, account: AccountClients, deadlineMs: number) {
    this.url = formatAzureBlobAddress(address)
    this.#address = address
    this.#account = account
    this.#clients = account.container(address.container)
    this.#deadlineMs = deadlineMs
  }

  async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    if (range !== undefined) {
      checkRange(range)
      // HTTP has no way to ask for nothing.
      if (range.end !== undefined && range.end <= range.start) return (await this.head(path)) && new Uint8Array()
    }
    const length = range?.end === undefined ? undefined : range.end - range.start
    return this.#read('get', path, async blob => {
      try {
        const response = await blob.download(range?.start ?? 0, length, { abortSignal: this.#deadline(length ?? 0) })
        if (isFolder(response.metadata)) return undefined
        return await collected(response.readableStreamBody, response.contentLength ?? 0)
      } catch (error) {
        if (serviceAnswer(error).status === 416) return new Uint8Array()
        throw error
      }
    })
  }

  head(path: string): Promise<ObjectInfo | undefined> {
    return this.#read('head', path, async blob => {
      const found = await blob.getProperties({ abortSignal: this.#deadline() })
      if (isFolder(found.metadata)) return undefined
      return { path, size: found.contentLength ?? 0, modifiedAt: found.lastModified?.getTime() ?? 0 }
    })
  }

  /** From the head of an answer: the service says its time with each, also where it says that there is no such blob. */
  async now(): Promise<number> {
    const blob = this.#clients.retrying.getBlockBlobClient(this.#name('_delta_log/_last_checkpoint'))
    try {
      return (await blob.getProperties({ abortSignal: this.#deadline() })).date?.getTime() ?? Date.now()
    } catch (error) {
      const { status, date } = serviceAnswer(error)
      if (status === 404) return date ?? Date.now()
      throw azureError('ask the time of', this.url, error, false)
    }
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#write('put', path, blob => blob.upload(viewOf(bytes), bytes.length, { abortSignal: this.#deadline(bytes.length) }))
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    const blob = this.#clients.once.getBlockBlobClient(this.#name(path))
    return this.#changing('putIfAbsent', path, async () => {
      try {
        const conditions = { ifNoneMatch: '*' }
        await blob.upload(viewOf(bytes), bytes.length, { conditions, abortSignal: this.#deadline(bytes.length) })
        return 'created'
      } catch (error) {
        if (meansExists(error)) return 'exists'
        throw error
      }
    })
  }

  create(path: string): Promise<ObjectWriter> {
    const name = this.#name(path)
    const upload = new BlobUpload(name, {
      putWhole: bytes => this.put(path, bytes),
      stageBlock: async (id, bytes) => {
        await this.#write('stage', path, blob =>
          blob.stageBlock(id, viewOf(bytes), bytes.length, { abortSignal: this.#deadline(bytes.length) }),
        )
      },
      commitBlocks: async ids => {
        await this.#write('commit', path, blob => blob.commitBlockList([...ids], { abortSignal: this.#deadline() }))
      },
    })
    return Promise.resolve(upload)
  }

  async *list(prefix: string, options: { readonly startAfter?: string | undefined } = {}): AsyncIterable<ObjectInfo> {
    const root = this.#address.folder === '' ? '' : `${this.#address.folder}/`
    const fullPrefix = root + checkedPrefix(prefix)
    try {
      for await (const info of listBlobs(this.#clients.retrying, fullPrefix, root + (options.startAfter ?? ''), () => this.#deadline())) {
        yield { ...info, path: info.path.slice(root.length) }
      }
    } catch (error) {
      if (serviceAnswer(error).code === 'ContainerNotFound') return
      throw azureError('list', `${this.url}/${prefix}`, error, false)
    }
  }

  async delete(path: string): Promise<void> {
    const blob = this.#clients.retrying.getBlockBlobClient(this.#name(path))
    try {
      await blob.delete({ deleteSnapshots: 'include', abortSignal: this.#deadline() })
    } catch (error) {
      if (serviceAnswer(error).status === 404) return
      throw azureError('delete', `${this.url}/${path}`, error, true)
    }
  }

  within(prefix: string): AzureBlobStore {
    const folder = joinedPath(this.#address.folder, checkedFolder(prefix))
    return new AzureBlobStore({ ...this.#address, folder }, this.#account, this.#deadlineMs)
  }

  sibling(url: string): AzureBlobStore | undefined {
    const known = this.#siblings.get(url)
    if (known !== undefined || !/^(?:https?|abfss):/i.test(url)) return known
    const { container, folder, ...other } = parseAzureBlobAddress(url)
    // A signature of somebody else's is not passed on, and requests go to the endpoint that the user has named.
    if (other.sas !== undefined || !isSameAccount(this.#address, { container, folder, ...other })) return undefined
    const store = new AzureBlobStore({ ...this.#address, container, folder }, this.#account, this.#deadlineMs)
    this.#siblings.set(url, store)
    return store
  }

  #deadline(bytes = 0): AbortSignal {
    return AbortSignal.timeout(this.#deadlineMs + Math.ceil(bytes / 1000))
  }

  #name(path: string): string {
    return joinedPath(this.#address.folder, checkedPath(path))
  }

  async #read<T>(operation: string, path: string, act: (blob: BlockBlobClient) => Promise<T>): Promise<T | undefined> {
    const blob = this.#clients.retrying.getBlockBlobClient(this.#name(path))
    try {
      return await act(blob)
    } catch (error) {
      if (serviceAnswer(error).status === 404) return undefined
      throw azureError(operation, `${this.url}/${path}`, error, false)
    }
  }

  async #write(operation: string, path: string, act: (blob: BlockBlobClient) => Promise<unknown>): Promise<void> {
    const blob = this.#clients.retrying.getBlockBlobClient(this.#name(path))
    await this.#changing(operation, path, () => act(blob))
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
      throw azureError(operation, `${this.url}/${path}`, error, true)
    }
  }

  async #makeContainer(missing: unknown): Promise<void> {
    try {
      await this.#clients.retrying.createIfNotExists({ abortSignal: this.#deadline() })
    } catch (error) {
      if (serviceAnswer(error).status !== 403) throw azureError('create container', this.url, error, false)
      throw new StorageError(
        'STORAGE_ROOT_MISSING',
        `The container "${this.#address.container}" of ${this.#address.account} does not exist, and this identity may not make it. ` +
          'Make it, or check the address.',
        { data: { container: this.#address.container, account: this.#address.account }, cause: missing },
      )
    }
  }
}

/** 409 and 412 both say so; any other 409 (a lease, a container on its way out) is an error. */
function meansExists(error: unknown): boolean {
  const { status, code } = serviceAnswer(error)
  if (status === 409) return code === 'BlobAlreadyExists' || code === 'PathAlreadyExists'
  return status === 412 && code === 'ConditionNotMet'
}

/** A folder of a hierarchical namespace looks like an empty blob with this mark. */
function isFolder(metadata: Readonly<Record<string, string>> | undefined): boolean {
  return metadata?.['hdi_isfolder'] === 'true'
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

async function collected(stream: NodeJS.ReadableStream | undefined, length: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(length)
  let filled = 0
  for await (const chunk of stream ?? []) {
    if (typeof chunk === 'string') throw new TypeError('The download gave text instead of bytes.')
    if (filled + chunk.length > bytes.length) {
      const grown = new Uint8Array(filled + chunk.length)
      grown.set(bytes)
      bytes = grown
    }
    bytes.set(chunk, filled)
    filled += chunk.length
  }
  return filled === bytes.length ? bytes : bytes.slice(0, filled)
}
