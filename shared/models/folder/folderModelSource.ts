import type { ObjectStore } from '../../storage/index.js'
import { decodeModelCard, encodeModelCard, jsonObject, type ModelCard, modelDigest } from '../card/index.js'
import { ModelError } from '../modelError.js'
import type { Champion, ModelFiles, ModelSource } from '../modelSource.js'

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
    const bytes = await this.#store.get(pointer)
    if (bytes === undefined) return undefined
    const version = jsonObject(bytes, this.#place(pointer))[which]
    if (version === undefined && which === 'previous') return undefined
    if (typeof version === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(version)) return version
    throw new ModelError(
      'MODEL_MISMATCH',
      `${this.#place(pointer)}: ${which} must be the name of a folder beside it.`,
      { data: { file: this.#place(pointer) } },
    )
  }

  async #champion(version: string): Promise<Champion> {
    return { name: this.#name, version, digest: (await this.card(version)).sha256 }
  }

  async load(version: string): Promise<ModelFiles> {
    const card = await this.card(version)
    const onnx = await this.#read(`${version}/model.onnx`)
    const external = new Map<string, Uint8Array>()
    for (const path of card.external ?? []) external.set(path, await this.#read(`${version}/${path}`))
    const digest = modelDigest(onnx, external)
    if (digest !== card.sha256) {
      const place = this.#place(`${version}/model.onnx`)
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
    await this.#store.putIfAbsent(pointer, encodePointer({ version }))
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
    await this.#store.put(pointer, encodePointer({ version, previous }))
  }

  /** What a version says of itself. @throws ModelError MODEL_MISSING, MODEL_MISMATCH */
  async card(version: string): Promise<ModelCard> {
    const name = `${version}/model.json`
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
      `${this.#place(name)} is not there. Put the version's files there, or point ${pointer} to a version that is.`,
      { data: { file: this.#place(name) } },
    )
  }

  #place(name: string): string {
    return `${this.#store.url.replace(/\/$/, '')}/${name}`
  }
}

const pointer = 'champion.json'

/** The card last: a version is there once its card is. */
function filesOf({ card, onnx, external, more }: ModelFiles): readonly (readonly [string, Uint8Array])[] {
  return [['model.onnx', onnx], ...(external ?? []), ...(more ?? []), ['model.json', encodeModelCard(card)]]
}

function encodePointer(pointer: { readonly version: string; readonly previous?: string | undefined }): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(pointer)}\n`)
}
