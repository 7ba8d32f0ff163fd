import type { ObjectStore } from '../../storage/index.js'
import { checkedArtifactPath, encodedPath } from './artifactPath.js'
import type { JsonObject } from './json.js'
import { type MlflowClient, wrongAnswer } from './mlflowClient.js'
import { MlflowError } from './mlflowError.js'

/** A file in a folder of artifacts. */
export interface ArtifactFile {
  /** Relative to the folder, checked. */
  readonly path: string
  /** Bytes, where the server says so. */
  readonly size: number | undefined
}

/** A folder of files that a server keeps. */
export interface ArtifactFolder {
  /** For messages. */
  readonly url: string
  /** All files, those in folders below too. */
  list(): Promise<readonly ArtifactFile[]>
  /** @throws MlflowError MLFLOW_NOT_FOUND when the file is not there */
  get(path: string, maxBytes: number): Promise<Uint8Array>
}

/** A folder that files can be put into. */
export interface WritableArtifacts {
  put(path: string, bytes: Uint8Array): Promise<void>
}

const maxFiles = 1000
const deepest = 8

/** Files that the server's own proxy gives. */
export class ProxyArtifacts implements ArtifactFolder, WritableArtifacts {
  readonly url: string
  readonly #client: MlflowClient
  readonly #root: string

  /** @param root below the proxy's root, as `mlflow-artifacts:/` has it */
  constructor(client: MlflowClient, root: string) {
    this.#client = client
    this.#root = checkedArtifactPath(root)
    this.url = `mlflow-artifacts:/${root}`
  }

  async list(): Promise<readonly ArtifactFile[]> {
    return listTree(async folder => {
      const answer = await this.#client.get(proxy, { path: joined(this.#root, folder) })
      return entries(answer, this.#client)
    }, this.url)
  }

  async get(path: string, maxBytes: number): Promise<Uint8Array> {
    return this.#client.download(this.#route(path), maxBytes)
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#client.upload(this.#route(path), bytes)
  }

  #route(path: string): string {
    return `${proxy}/${encodedPath(joined(this.#root, checkedArtifactPath(path)))}`
  }
}

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

/** Files in Azure Blob Storage, read with this project's own access. */
export class BlobArtifacts implements ArtifactFolder, WritableArtifacts {
  readonly url: string
  readonly #store: ObjectStore

  constructor(store: ObjectStore) {
    this.#store = store
    this.url = store.url
  }

  async list(): Promise<readonly ArtifactFile[]> {
    const files: ArtifactFile[] = []
    for await (const { path, size } of this.#store.list('')) {
      files.push({ path: checkedArtifactPath(path), size })
      if (files.length > maxFiles) throw tooMany(this.url)
    }
    return files
  }

  async get(path: string, maxBytes: number): Promise<Uint8Array> {
    const bytes = await this.#store.get(path, { start: 0, end: maxBytes + 1 })
    if (bytes === undefined) throw missing(this.url, path)
    if (bytes.byteLength > maxBytes) throw tooLarge(this.url, maxBytes)
    return bytes
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#store.put(checkedArtifactPath(path), bytes)
  }
}

/**
 * All files of a folder, whole.
 *
 * @param maxBytes most bytes of all together
 * @throws MlflowError MLFLOW_INCOMPLETE when one has another length than its listing says
 */
export async function downloadFolder(
  folder: ArtifactFolder,
  maxBytes: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const listed = await folder.list()
  if (listed.length === 0) throw missing(folder.url, 'MLmodel')
  const known = listed.reduce((sum, { size = 0 }) => sum + size, 0)
  if (known > maxBytes) throw tooLarge(folder.url, maxBytes)
  const files = new Map<string, Uint8Array>()
  let left = maxBytes
  for (const { path, size } of listed) {
    const bytes = await folder.get(path, left)
    if (size !== undefined && bytes.byteLength !== size) {
      throw new MlflowError(
        'MLFLOW_INCOMPLETE',
        `${folder.url}/${path} came with ${bytes.byteLength} bytes of ${size}; it is fetched again at the next check.`,
        { data: { file: `${folder.url}/${path}`, length: bytes.byteLength, declared: size }, retryable: true },
      )
    }
    left -= bytes.byteLength
    files.set(path, bytes)
  }
  return files
}

type Entry = ArtifactFile & { readonly isFolder: boolean }

/** Walks a tree whose folders are listed one by one. */
export async function listTree(
  listFolder: (folder: string) => Promise<readonly Entry[]>,
  url: string,
): Promise<readonly ArtifactFile[]> {
  const files: ArtifactFile[] = []
  const waiting = ['']
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    for (const { path: name, size, isFolder } of await listFolder(folder)) {
      const path = checkedArtifactPath(joined(folder, name))
      if (!isFolder) files.push({ path, size })
      else if (path.split('/').length < deepest) waiting.push(path)
      else throw tooMany(url)
      if (files.length + waiting.length > maxFiles) throw tooMany(url)
    }
  }
  return files
}

/** `files` of a listing: the proxy gives base names. */
function entries(answer: JsonObject, client: MlflowClient): readonly Entry[] {
  return listedFiles(answer, client).map(file => ({ ...file, path: checkedName(file.path) }))
}

/** `files: [{ path, is_dir, file_size }]` as a server answers a listing. */
export function listedFiles(answer: JsonObject, client: MlflowClient): readonly Entry[] {
  const files = answer['files'] ?? []
  const wrong = () => wrongAnswer(client.server, 'the listing of artifacts', 'files of { path, is_dir, file_size }')
  if (!Array.isArray(files)) throw wrong()
  return files.map((file: unknown) => {
    if (typeof file !== 'object' || file === null || !('path' in file) || typeof file.path !== 'string') throw wrong()
    const size = 'file_size' in file ? Number(file.file_size) : Number.NaN
    return {
      path: file.path,
      size: Number.isSafeInteger(size) && size >= 0 ? size : undefined,
      isFolder: 'is_dir' in file && file.is_dir === true,
    }
  })
}

/** A name in a folder. */
function checkedName(name: string): string {
  return checkedArtifactPath(name.includes('/') || name === '' ? `../${name}` : name)
}

/** Two paths, of which either may be empty. */
export function joined(folder: string, path: string): string {
  return [folder, path].filter(part => part !== '').join('/')
}

function missing(url: string, path: string): MlflowError {
  return new MlflowError(
    'MLFLOW_NOT_FOUND',
    `${url} has no ${path}: its files were removed, or never put there. Log the model again.`,
    {
      data: { file: `${url}/${path}` },
    },
  )
}

function tooLarge(url: string, limit: number): MlflowError {
  return new MlflowError(
    'MLFLOW_BAD_ANSWER',
    `${url} is larger than the ${limit} bytes a model may have. Raise MODEL_MEMORY_LIMIT.`,
    {
      data: { url, limit },
    },
  )
}

function tooMany(url: string): MlflowError {
  return new MlflowError(
    'MLFLOW_BAD_ANSWER',
    `${url} has more than ${maxFiles} files or ${deepest} folders in each other: it is no folder of a model.`,
    {
      data: { url },
    },
  )
}
