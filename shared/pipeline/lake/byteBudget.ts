import { totalmem } from 'node:os'

const megabyte = 2 ** 20

/** What a DuckDB that joins and groups needs at least; it spills what does not fit. */
const leastSessionMemory = 128 * megabyte

/** What a DuckDB can do with that only sorts, where rows have the usual length: most of them are spilled whatever it has. */
export const sortMemory = 80 * megabyte

/** Larger pieces make no better files. */
const largestPiece = 64 * megabyte

/**
 * Bytes of records that a process may have in work when nobody says: a sixteenth of what it may use, since a byte is in
 * memory several times on its way (fetched, decompressed, as a row, as a page, as a file).
 *
 * @param memory bytes of the machine
 * @param limit bytes that the process is limited to, 0 (or more than there are) when it is not
 */
export function defaultBudget(memory: number = totalmem(), limit: number = process.constrainedMemory()): number {
  return Math.min(512 * megabyte, Math.max(32 * megabyte, Math.floor(usable(memory, limit) / 16)))
}

/**
 * Bytes that a DuckDB may use when nobody says: a quarter of what the process may, and of the instance. What it reads and
 * writes files with comes on top of them, and so does the process itself with its libraries: 200 to 300 MB together. See
 * {@link defaultBudget} for `memory` and `limit`.
 *
 * @param instance bytes of an instance, by the settings
 */
export function defaultSessionMemory(
  instance: number,
  memory: number = totalmem(),
  limit: number = process.constrainedMemory(),
): number {
  const quarter = Math.floor(Math.min(usable(memory, limit), instance) / 4)
  return Math.min(1024 * megabyte, Math.max(leastSessionMemory, quarter))
}

const usable = (memory: number, limit: number): number => (limit > 0 ? Math.min(memory, limit) : memory)

/** Bytes held of a budget until they are released, by `using` at the latest. */
export interface HeldBytes extends Disposable {
  /**
   * Counts bytes that are in memory already. It never waits, so that nobody who holds bytes waits for more; the budget
   * may be exceeded by it, and lets nobody in until it is not.
   */
  grow(bytes: number): void
  /** Safe to call again. */
  release(): void
}

/**
 * Bytes that one process may have in work, shared by everything that reads records and makes rows of them. Who wants some
 * waits in line; what is larger than the whole budget goes through alone, so that there is always progress.
 *
 * Ask for all that is needed in one call, and hold nothing while waiting: two that each hold a part and wait for the rest
 * would wait for ever.
 */
export class ByteBudget {
  readonly total: number
  #held = 0
  #most = 0
  readonly #line: { readonly bytes: number; readonly enter: () => void }[] = []

  constructor(total: number) {
    this.total = total
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held
  }

  /** The most that was ever held at once. */
  get most(): number {
    return this.#most
  }

  /** What each of so many may have in work so that all of them are at work at once. */
  piece(workers: number): number {
    return Math.max(1, Math.min(largestPiece, Math.floor(this.total / workers)))
  }

  /**
   * Waits until there is room; in the order of asking.
   * @example
   * using held = await budget.acquire(bytes)
   */
  async acquire(bytes: number): Promise<HeldBytes> {
    if (this.#line.length > 0 || !this.#fits(bytes)) await new Promise<void>(enter => this.#line.push({ bytes, enter }))
    else this.#add(bytes)
    return this.#hold(bytes)
  }

  #hold(bytes: number): HeldBytes {
    let own = bytes
    const release = () => {
      this.#held -= own
      own = 0
      this.#letIn()
    }
    return {
      grow: more => {
        own += more
        this.#add(more)
      },
      release,
      [Symbol.dispose]: release,
    }
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.total
  }

  #add(bytes: number): void {
    this.#held += bytes
    this.#most = Math.max(this.#most, this.#held)
  }

  #letIn(): void {
    for (let next = this.#line[0]; next !== undefined && this.#fits(next.bytes); next = this.#line[0]) {
      this.#line.shift()
      this.#add(next.bytes)
      next.enter()
    }
  }
}
