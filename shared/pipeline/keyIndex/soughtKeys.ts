import type { Value } from '../../types/index.js'
import { hashValue } from './keyHash.js'

/** A key of one of the types that have hashes. */
export type KeyValue = string | number | bigint

/** A key that new rows have, and their event times, least and greatest, in microseconds. */
export interface SoughtKey {
  readonly value: KeyValue
  readonly first: bigint
  readonly last: bigint
}

/** The keys of new rows, by their hashes. */
export class SoughtKeys {
  readonly #byHash = new Map<number, SoughtKey[]>()

  /** A key that has no hash, as null, is equal to none and is left out. */
  add(value: Value, first: bigint, last: bigint): void {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return
    const hash = hashValue(value) ?? NaN
    const alike = this.#byHash.get(hash)
    if (alike === undefined) this.#byHash.set(hash, [{ value, first, last }])
    else alike.push({ value, first, last })
  }

  /** Ascending, each once. */
  hashes(): Float64Array {
    return Float64Array.from(this.#byHash.keys()).sort()
  }

  of(hash: number): readonly SoughtKey[] {
    return this.#byHash.get(hash) ?? []
  }
}
