import type { ObjectStore } from '../../storage/index.js'
import { decodeModelCard, encodeModelCard, type ModelCard, modelDigest } from '../card/index.js'
import { ModelError } from '../modelError.js'
import type { Champion, ModelFiles, ModelSource } from '../modelSource.js'
import { encodePointer, pointedVersion, pointerFile } from './championPointer.js'

/** What a version says of itself. */
export const cardFile = 'model.json'

/** The model of a version. */
export const onnxFile = 'model.onnx'

/**
 * Models as files: `<name>/<version>/model.onnx`, `model.json` and what belongs to it, and `<name>/champion.json` with the
 * version that scores and the one before it. A version's files never change; promotion and rollback are a new pointer.
 */
export class FolderModelSource implements ModelSource {
  readonly #store: ObjectStore
  readonly #name: string

  /**
   * @param store the folder of all models, `models/` of a lake
   * @param folder where in it; the model's name when absent
   */
  constructor(store: ObjectStore, name: string, folder = name) {
    this.#store = store.within(folder)
    this.#name = name
  }

  async champion(): Promise<Champion | undefined> {
    const version = await this.#pointed('version')
    return version === undefined ? undefined : await this.#champion(version)
  }

  /** The version that scored before the champion, while it is known. */
  async previous(): Promise<Champion | undefined> {
    const version = await this.#pointed('previous')
    return version === undefined ? undefined : await this.#champion(version)
  }

  async #pointed(which: 'version' | 'previous'): Promise<string | undefined> {
    const bytes = await this.#store.get(pointerFile)
    return bytes === undefined ? undefined : pointedVersion(bytes, which, this.#place(pointerFile))
  }

  async #champion(version: string): Promise<Champion> {
    return { name: this.#name, version, digest: (await this.card(version)).sha256 }
  }

  async load(version: string): Promise<ModelFiles> {
    const card = await this.card(version)
    const onnx = await this.#read(`${version}/${onnxFile}`)
    const external = new Map<string, Uint8Array>()
    for (const path of card.external ?? []) external.set(path, await this.#read(`${version}/${path}`))
    const digest = modelDigest(onnx, external)
    if (digest !== card.sha256) {
      const place = this.#place(`${version}/${onnxFile}`)
      throw new ModelError(
        'MODEL_MISMATCH',
        `${place} has the digest ${digest}, but its model.json says ${card.sha256}: one of the two was replaced. Put the model there again.`,
        { data: { file: place, digest, expected: card.sha256 } },
      )
    }
    return external.size === 0 ? { card, onnx } : { card, onnx, external }
  }

  /** Any file of a version, as `reference.json`; `undefined` when it has none of that name. */
  file(version: string, path: string): Promise<Uint8Array | undefined> {
    return this.#store.get(`${version}/${path}`)
  }

  /**
   * Puts a version there, and makes it champion if there is none yet. What is there already stays: of several that
   * install at once, the first one's pointer counts.
   */
  async install(files: ModelFiles): Promise<void> {
    const { version } = files.card
    for (const [path, bytes] of filesOf(files)) await this.#store.putIfAbsent(`${version}/${path}`, bytes)
    await this.#store.putIfAbsent(pointerFile, encodePointer({ version }))
  }

  /**
   * Puts a version there in place of what has its name, and then makes it champion: whoever reads meanwhile finds the
   * champion of before, whole.
   */
  async replace(files: ModelFiles): Promise<void> {
    const { version } = files.card
    for (const [path, bytes] of filesOf(files)) await this.#store.put(`${version}/${path}`, bytes)
    const before = await this.#pointed('version').catch(() => undefined)
    const previous = before === version ? await this.#pointed('previous').catch(() => undefined) : before
    await this.#store.put(pointerFile, encodePointer({ version, previous }))
  }

  /** What a version says of itself. @throws ModelError MODEL_MISSING, MODEL_MISMATCH */
  async card(version: string): Promise<ModelCard> {
    const name = `${version}/${cardFile}`
    const card = decodeModelCard(await this.#read(name), this.#place(name))
    if (card.name === this.#name && card.version === version) return card
    throw new ModelError(
      'MODEL_MISMATCH',
      `${this.#place(name)} says it is version ${card.version} of ${card.name}; it lies in the wrong folder.`,
      { data: { file: this.#place(name), name: card.name, version: card.version } },
    )
  }

  async #read(name: string): Promise<Uint8Array> {
    const bytes = await this.#store.get(name)
    if (bytes !== undefined) return bytes
    throw new ModelError(
      'MODEL_MISSING',
      `${this.#place(name)} is not there. Put the version's files there, or point ${pointerFile} to a version that is.`,
      { data: { file: this.#place(name) } },
    )
  }

  #place(name: string): string {
    return `${this.#store.url.replace(/\/$/, '')}/${name}`
  }
}

/** Every file of a version by its path. The card last: a version is there once its card is. */
export function filesOf({ card, onnx, external, more }: ModelFiles): readonly (readonly [string, Uint8Array])[] {
  return [[onnxFile, onnx], ...(external ?? []), ...(more ?? []), [cardFile, encodeModelCard(card)]]
}
