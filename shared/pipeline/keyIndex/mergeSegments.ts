import type { ObjectStore } from '../../storage/index.js'
import type { KeySegment, SegmentEntries } from './segment.js'
import type { IndexedFile } from './segmentTrailer.js'
import { SegmentWriter } from './segmentWriter.js'

/** A segment and its file on this disk. */
export interface OpenSegment {
  readonly segment: KeySegment
  readonly localPath: string
}

/**
 * Puts one segment in the place of several, of the files that are still wanted. Streams: memory does not grow with it.
 *
 * @param isWanted whether a file's keys are kept; a file that two segments have is taken from the first
 * @returns the files it holds; undefined, and no segment, when none is wanted
 */
export async function mergeSegments(
  store: ObjectStore,
  path: string,
  segments: readonly OpenSegment[],
  isWanted: (file: IndexedFile) => boolean,
): Promise<readonly IndexedFile[] | undefined> {
  const taken = new Set<string>()
  const files: IndexedFile[] = []
  let stretches = 0
  // For each segment, which number each of its stretches gets; -1 for one that is left out.
  const numbers = segments.map(({ segment }) =>
    segment.files.flatMap(file => {
      const kept = isWanted(file) && !taken.has(file.path)
      if (kept) {
        taken.add(file.path)
        files.push(file)
      }
      return Array.from({ length: file.stretches.count }, () => (kept ? stretches++ : -1))
    }),
  )
  const [first] = segments
  if (files.length === 0 || first === undefined) return undefined
  const { columns, keyType } = first.segment.trailer
  const entries = await countKept(segments, numbers)
  const output = await store.create(path)
  try {
    const writer = new SegmentWriter(output, { columns, keyType, entries, files })
    const cursors = segments.map((segment, i) => new Cursor(segment, numbers[i] as readonly number[]))
    for (const cursor of cursors) await cursor.load()
    for (;;) {
      const least = cursors.reduce((a, b) => (b.hash < a.hash ? b : a))
      if (least.hash === Infinity) break
      if (!writer.add(least.hash, least.stretch)) await writer.flush()
      if (!least.step()) await least.load()
    }
    await writer.finish()
  } catch (error) {
    await output.abort()
    throw error
  }
  return files
}

async function countKept(segments: readonly OpenSegment[], numbers: readonly (readonly number[])[]): Promise<number> {
  let kept = 0
  for (const [i, { segment, localPath }] of segments.entries()) {
    const own = numbers[i] as readonly number[]
    if (!own.includes(-1)) {
      kept += segment.trailer.entries
      continue
    }
    for await (const { stretches } of segment.entries(localPath))
      for (const stretch of stretches) if (own[stretch] !== -1) kept++
  }
  return kept
}

/** One segment's entries, piece by piece. */
class Cursor {
  readonly #pieces: AsyncGenerator<SegmentEntries>
  readonly #numbers: readonly number[]
  #hashes: Float64Array = new Float64Array()
  #stretches: Int32Array = new Int32Array()
  #at = 0
  hash = Infinity
  stretch = -1

  constructor({ segment, localPath }: OpenSegment, numbers: readonly number[]) {
    this.#pieces = segment.entries(localPath)
    this.#numbers = numbers
  }

  /** Moves to the next kept entry of this piece. @returns false when another piece is to be loaded */
  step(): boolean {
    while (this.#at < this.#hashes.length) {
      this.hash = this.#hashes[this.#at] as number
      this.stretch = this.#numbers[this.#stretches[this.#at++] as number] ?? -1
      if (this.stretch !== -1) return true
    }
    return false
  }

  async load(): Promise<void> {
    for (;;) {
      const piece = await this.#pieces.next()
      if (piece.done === true) {
        this.hash = Infinity
        return
      }
      this.#hashes = piece.value.hashes
      this.#stretches = piece.value.stretches
      this.#at = 0
      if (this.step()) return
    }
  }
}
