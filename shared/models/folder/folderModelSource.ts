import type { ObjectStore } from '../../storage/index.js'
import { decodeModelCard, encodeModelCard, jsonObject, type ModelCard, sha256 } from '../card/index.js'
import { ModelError } from '../modelError.js'
import type { Champion, ModelFiles, ModelSource } from '../modelSource.js'

/**
 * Models as files: `<name>/<version>/model.onnx` and `model.json`, and `<name>/champion.json` with the version that
 * scores. A version's files never change; promotion and rollback are a new pointer.
 */
export class FolderModelSource implements ModelSource {
  readonly #store: ObjectStore
  readonly #name: string

  /** @param store the folder of all models, `models/` of a lake */
  constructor(store: ObjectStore, name: string) {
    this.#store = store.within(name)
    this.#name = name
  }

  async champion(): Promise<Champion | undefined> {
    const bytes = await this.#store.get(pointer)
    if (bytes === undefined) return undefined
    const { version } = jsonObject(bytes, this.#place(pointer))
    if (typeof version !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(version)) {
      throw new ModelError(
        'MODEL_MISMATCH',
        `${this.#place(pointer)}: version must be the name of a folder beside it.`,
        {
          data: { file: this.#place(pointer) },
        },
      )
    }
    const card = await this.#card(version)
    return { name: this.#name, version, digest: card.sha256 }
  }

  async load(version: string): Promise<ModelFiles> {
    const card = await this.#card(version)
    const name = `${version}/model.onnx`
    const onnx = await this.#read(name)
    const digest = sha256(onnx)
    if (digest !== card.sha256) {
      throw new ModelError(
        'MODEL_MISMATCH',
        `${this.#place(name)} has the digest ${digest}, but its model.json says ${card.sha256}: one of the two was replaced. Put the model there again.`,
        { data: { file: this.#place(name), digest, expected: card.sha256 } },
      )
    }
    return { card, onnx }
  }

  /**
   * Puts a version there, and makes it champion if there is none yet. What is there already stays: of several that
   * install at once, the first one's pointer counts.
   */
  async install({ card, onnx }: ModelFiles): Promise<void> {
    await this.#store.putIfAbsent(`${card.version}/model.onnx`, onnx)
    await this.#store.putIfAbsent(`${card.version}/model.json`, encodeModelCard(card))
    await this.#store.putIfAbsent(pointer, new TextEncoder().encode(`${JSON.stringify({ version: card.version })}\n`))
  }

  async #card(version: string): Promise<ModelCard> {
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
