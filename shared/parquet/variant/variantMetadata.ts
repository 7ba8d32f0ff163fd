import { byteAt, corrupt, unsigned, widthOf } from './variantBytes.js'

/** The dictionary of a variant's field names, as keys: see {@link variantKey}. */
export class VariantNames {
  readonly #bytes: Buffer
  readonly #size: number
  readonly #count: number
  readonly #text: number

  constructor(metadata: Uint8Array) {
    const end = metadata.length
    const header = byteAt(metadata, 0, end)
    if ((header & 15) !== 1) throw corrupt(`its metadata is of version ${header & 15}; only 1 is known`)
    this.#bytes = Buffer.from(metadata.buffer, metadata.byteOffset, end)
    this.#size = (header >> 6) + 1
    this.#count = unsigned(metadata, 1, this.#size, end)
    this.#text = 1 + this.#size * (this.#count + 2)
    if (this.#text > end) throw corrupt(`its metadata has ${this.#count} names in ${end} bytes`)
  }

  key(name: number): string {
    if (name >= this.#count) throw corrupt(`it has a field with name ${name} of ${this.#count}`)
    const [from, to] = [this.#offset(name), this.#offset(name + 1)]
    if (from > to || to > this.#bytes.length) throw corrupt('its metadata has a name past its end')
    return this.#bytes.toString('latin1', from, to)
  }

  #offset(i: number): number {
    return this.#text + unsigned(this.#bytes, 1 + this.#size * (i + 1), this.#size, this.#bytes.length)
  }
}

/**
 * A field's name as a key: its bytes in UTF-8, each a character, so that keys compare as names are sorted in an object,
 * and no malformed name is changed.
 */
export function variantKey(name: string): string {
  return Buffer.from(name).toString('latin1')
}

/** The name of a key. */
export function variantName(key: string): string {
  return Buffer.from(key, 'latin1').toString()
}

/** The dictionary of a variant that is being built: the names that it has, in the order in which they came. */
export class VariantDictionary {
  readonly #numbers = new Map<string, number>()
  #bytes = 0

  /** Adds a key that may be there already. */
  add(key: string): void {
    if (this.#numbers.has(key)) return
    this.#numbers.set(key, this.#numbers.size)
    this.#bytes += key.length
  }

  /** The number of a key that was added. */
  number(key: string): number {
    return this.#numbers.get(key) as number
  }

  clear(): void {
    this.#numbers.clear()
    this.#bytes = 0
  }

  metadata(): Uint8Array {
    const count = this.#numbers.size
    const size = widthOf(Math.max(this.#bytes, count))
    const keysStart = 1 + size * (count + 2)
    const metadata = new Uint8Array(keysStart + this.#bytes)
    const data = Buffer.from(metadata.buffer)
    data[0] = 1 | ((size - 1) << 6)
    let at = data.writeUIntLE(count, 1, size)
    let offset = 0
    for (const key of this.#numbers.keys()) {
      at = data.writeUIntLE(offset, at, size)
      offset += data.write(key, keysStart + offset, 'latin1')
    }
    data.writeUIntLE(offset, at, size)
    return metadata
  }
}
