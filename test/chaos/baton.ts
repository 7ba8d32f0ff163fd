import { type Fault, Faults, type StorageOperation } from '../../shared/storage/faults/index.js'
import type { Random } from '../random.js'

const writes: readonly StorageOperation[] = ['put', 'putIfAbsent', 'create', 'close', 'delete']

/**
 * Of hosts that work at once on one store, one at a time touches it; the others wait. Who has the baton hands it on before
 * a write that is drawn, so that what others do comes between what it has read and what it writes; and a seed gives the
 * same order again, which the machine's own timing would not.
 */
export class Baton {
  readonly #random: Random
  readonly #waiting = new Map<number, (() => void)[]>()
  #holder = 0
  #left: number

  /** @param random used by nobody else meanwhile */
  constructor(hosts: number, random: Random) {
    this.#random = random
    for (let host = 0; host < hosts; host++) this.#waiting.set(host, [])
    this.#left = this.#stint()
  }

  /** Waits until it is that host's turn. */
  async pass(host: number, isWrite: boolean): Promise<void> {
    if (host === this.#holder && isWrite && this.#left-- <= 0) this.#handOn()
    if (host !== this.#holder) await new Promise<void>(resolve => this.#waiting.get(host)?.push(resolve))
  }

  /** That host has done its work. */
  end(host: number): void {
    const waiting = this.#waiting.get(host) ?? []
    this.#waiting.delete(host)
    if (this.#holder === host) this.#handOn()
    for (const go of waiting) go()
  }

  /** What a host's store asks before each of its operations. */
  faultsOf(host: number): Faults {
    const first = (operation: StorageOperation) => this.pass(host, writes.includes(operation))
    return new (class extends Faults {
      override take(operation: StorageOperation): Fault {
        return { kind: 'interleave', first: () => first(operation) }
      }
    })()
  }

  #handOn(): void {
    this.#left = this.#stint()
    const hosts = [...this.#waiting.keys()]
    this.#holder = hosts[(hosts.indexOf(this.#holder) + 1) % hosts.length] ?? -1
    for (const go of this.#waiting.get(this.#holder)?.splice(0) ?? []) go()
  }

  #stint(): number {
    return this.#random.below(5)
  }
}
