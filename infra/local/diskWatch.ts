import { statfs } from 'node:fs/promises'

import { type Clock, systemClock } from '../../shared/clock.js'

/** Below it, the broker and blob storage may fail at any moment, and none of them says why. */
const minBytes = 32 * 1024 ** 2
const everyMs = 2_000

/** The folder whose disk is watched; `say` takes a sentence for the terminal. */
export interface DiskWatchParts {
  readonly folder: string
  readonly say: (line: string) => void
  readonly clock?: Clock | undefined
  /** Bytes that this user may still write there. */
  readonly freeBytes?: ((folder: string) => Promise<number>) | undefined
}

/** Says that the disk of a folder is full, once, and when there is room again. A part of the stack. */
export class DiskWatch {
  readonly name = 'Disk'
  readonly #stopping = new AbortController()
  readonly #watching: Promise<void>

  constructor({ folder, say, clock = systemClock, freeBytes = freeBytesOf }: DiskWatchParts) {
    this.#watching = (async () => {
      let isFull = false
      while (!this.#stopping.signal.aborted) {
        // A disk that cannot be asked is not taken for full.
        const free = await freeBytes(folder).catch(() => Number.POSITIVE_INFINITY)
        if (free < minBytes && !isFull)
          say(
            `The disk that holds ${folder} is full (${Math.floor(free / 1024 ** 2)} MB left): make room on it. What is committed stays.`,
          )
        // Twice as much, so that a disk at the very limit is not reported again and again.
        else if (free >= 2 * minBytes && isFull) say(`There is room again on the disk that holds ${folder}.`)
        isFull = isFull ? free < 2 * minBytes : free < minBytes
        await clock.sleep(everyMs, this.#stopping.signal).catch(() => undefined)
      }
    })()
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The stack is stopping.'))
    await this.#watching
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
