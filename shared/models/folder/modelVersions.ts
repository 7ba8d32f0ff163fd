import type { ObjectStore } from '../../storage/index.js'
import { decodeModelCard, type ModelCard } from '../card/index.js'
import { ModelError } from '../modelError.js'
import type { ModelFiles } from '../modelSource.js'
import { type ChampionPointer, encodePointer, pointedVersion, pointerFile } from './championPointer.js'
import { cardFile, filesOf, FolderModelSource, onnxFile } from './folderModelSource.js'

/**
 * The versions of one model in a folder, and the pointer to the one that scores. A version is there once its
 * `model.json` is, which is written last: one whose registration was cut off is no version, and its number is not used
 * again.
 */
export class ModelVersions {
  readonly #store: ObjectStore
  readonly #source: FolderModelSource

  /** @param store the folder of all models, `models/` of a lake */
  constructor(store: ObjectStore, name: string) {
    this.#store = store.within(name)
    this.#source = new FolderModelSource(store, name)
  }

  /** @throws ModelError MODEL_MISMATCH when the pointer cannot be read */
  async pointer(): Promise<ChampionPointer | undefined> {
    const bytes = await this.#store.get(pointerFile)
    if (bytes === undefined) return undefined
    const place = this.#place(pointerFile)
    const [version, previous] = [pointedVersion(bytes, 'version', place), pointedVersion(bytes, 'previous', place)]
    if (version === undefined) return undefined
    return previous === undefined ? { version } : { version, previous }
  }

  /** The cards of all versions, numbers in their order, other names before them. */
  async list(): Promise<readonly ModelCard[]> {
    const cards: ModelCard[] = []
    for (const version of (await this.#store.folders('')).toSorted(byNumber)) {
      const bytes = await this.#store.get(`${version}/${cardFile}`)
      if (bytes !== undefined) cards.push(decodeModelCard(bytes, this.#place(`${version}/${cardFile}`)))
    }
    return cards
  }

  /** The first version whose card is such a one. A card that cannot be read is none. */
  async find(isWanted: (card: ModelCard) => boolean): Promise<ModelCard | undefined> {
    for (const version of (await this.#store.folders('')).toSorted(byNumber)) {
      try {
        const card = await this.#source.card(version)
        if (isWanted(card)) return card
      } catch (error) {
        if (!(error instanceof ModelError)) throw error
      }
    }
    return undefined
  }

  /** @throws ModelError MODEL_MISSING, MODEL_MISMATCH */
  load(version: string): Promise<ModelFiles> {
    return this.#source.load(version)
  }

  /**
   * A version with everything that its folder has.
   * @throws ModelError MODEL_MISSING, MODEL_MISMATCH
   */
  async loadAll(version: string): Promise<ModelFiles> {
    const files = await this.load(version)
    const folder = `${version}/`
    const known = new Set([cardFile, onnxFile, ...(files.external?.keys() ?? [])])
    const more = new Map<string, Uint8Array>()
    for await (const { path } of this.#store.list(folder)) {
      const name = path.slice(folder.length)
      const bytes = known.has(name) ? undefined : await this.#store.get(path)
      if (bytes !== undefined) more.set(name, bytes)
    }
    return { ...files, more }
  }

  /** A file of a version besides the model itself, as `metrics.json`; undefined when it has none of that name. */
  file(version: string, path: string): Promise<Uint8Array | undefined> {
    return this.#source.file(version, path)
  }

  /**
   * Puts a new version there under the next free whole number. Of several that register at once, each gets its own.
   *
   * @param make the files of the version that it is told, whose folder has that address; called again when another took
   * the number
   */
  async register(make: (version: string, folder: string) => ModelFiles | Promise<ModelFiles>): Promise<ModelFiles> {
    for (;;) {
      const numbers = (await this.#store.folders('')).map(Number).filter(Number.isSafeInteger)
      const version = String(Math.max(0, ...numbers) + 1)
      const files = await make(version, this.#place(version))
      if ((await this.#store.putIfAbsent(`${version}/${onnxFile}`, files.onnx)) === 'exists') continue
      for (const [path, bytes] of filesOf(files).slice(1)) await this.#store.putIfAbsent(`${version}/${path}`, bytes)
      return files
    }
  }

  /**
   * Makes a version the one that scores, after reading it whole; the one that did is kept as `previous`.
   * @throws ModelError MODEL_MISSING, MODEL_MISMATCH when the version is not whole; the pointer stays
   */
  async point(version: string): Promise<ChampionPointer> {
    await this.load(version)
    const before = await this.pointer()
    const previous = before === undefined || before.version === version ? before?.previous : before.version
    const pointer: ChampionPointer = previous === undefined ? { version } : { version, previous }
    await this.#store.put(pointerFile, encodePointer(pointer))
    return pointer
  }

  #place(name: string): string {
    return `${this.#store.url.replace(/\/$/, '')}/${name}`
  }
}

function byNumber(a: string, b: string): number {
  const [m, n] = [Number(a), Number(b)]
  if (Number.isNaN(m) || Number.isNaN(n))
    return Number.isNaN(m) === Number.isNaN(n) ? (a < b ? -1 : 1) : Number.isNaN(m) ? -1 : 1
  return m - n
}
