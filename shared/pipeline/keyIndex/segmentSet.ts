import { typeText } from '../../delta/index.js'
import { asError, isProgrammingError } from '../../errors.js'
import type { FileCache } from '../../query/index.js'
import type { ObjectStore } from '../../storage/index.js'
import type { Logger } from '../../telemetry/index.js'
import type { IndexedColumns } from './buildSegment.js'
import type { OpenSegment } from './mergeSegments.js'
import { KeySegment } from './segment.js'
import { isFormerSegment, keyIndexFolder, newSegmentPath, type SegmentInfo, segmentInfo } from './segmentName.js'
import type { IndexedFile } from './segmentTrailer.js'

/** What an index works with. */
export interface KeyIndexOptions {
  /** The table's folder. */
  readonly store: ObjectStore
  readonly files: FileCache
  readonly columns: IndexedColumns
  /** Most days of event time that one segment may span. */
  readonly spanDays: number
  readonly log: Logger
  /** Rows without an index from which on one is built for them; about as many as four runs of silver bring when absent. */
  readonly buildFrom?: number | undefined
}

interface Known extends SegmentInfo {
  /** What was read of it once; its file may have left this disk since. */
  segment?: KeySegment | undefined
}

/** A segment, and its file on this disk for as long as it is not disposed of. */
export type HeldSegment = OpenSegment & SegmentInfo & Disposable

/**
 * The segments that a table has. One that is lost, damaged, of other columns, or for which this disk has no place is
 * as good as not there: nothing fails for it.
 */
export class SegmentSet {
  readonly #options: KeyIndexOptions
  readonly #known = new Map<string, Known>()
  /** Segments that nobody has use for: damaged, of other columns, of a former format. */
  readonly #useless = new Set<string>()
  #listed = false

  constructor(options: KeyIndexOptions) {
    this.#options = options
  }

  /** Those known now; looked up in the store the first time, or when asked to. */
  async infos({ fresh = false } = {}): Promise<readonly SegmentInfo[]> {
    if (fresh || !this.#listed) await this.#list()
    return [...this.#known.values()]
  }

  /** @returns undefined when it is not to be had */
  async open({ path }: SegmentInfo): Promise<HeldSegment | undefined> {
    const { store, files, columns, log } = this.#options
    const known = this.#known.get(path)
    if (known === undefined) return undefined
    try {
      const lease = await files.lease(store, [known])
      const localPath = lease.paths[0] ?? ''
      known.segment ??= await KeySegment.open(localPath, known.size)
      const { segment } = known
      const trailer = segment?.trailer
      if (
        segment !== undefined &&
        trailer?.columns[0] === columns.key.name &&
        trailer.columns[1] === columns.eventTime.name &&
        trailer.keyType === typeText(columns.key.type)
      )
        return {
          ...known,
          segment,
          localPath,
          [Symbol.dispose]: () => {
            lease.release()
          },
        }
      lease.release()
      this.#useless.add(path)
      log.warn('A segment of the key index is damaged or of other columns; the files it is of are read instead.', {
        table: store.url,
        segment: path,
      })
    } catch (error) {
      if (isProgrammingError(error)) throw error
      log.warn('A segment of the key index is not to be had; the files it is of are read instead.', {
        table: store.url,
        segment: path,
        detail: asError(error).message,
      })
    }
    this.#known.delete(path)
    return undefined
  }

  /**
   * Writes a segment under a new name. One that cannot be read again is deleted: whoever misses it would write it anew
   * each time.
   *
   * @param write returns the files that the segment is of, or undefined when it wrote none
   * @returns whether there is one
   */
  async write(
    days: readonly [first: string, last: string],
    write: (path: string) => Promise<readonly IndexedFile[] | undefined>,
  ): Promise<boolean> {
    const path = newSegmentPath(...days)
    if ((await write(path)) === undefined) return false
    const object = await this.#options.store.head(path)
    const info = object && segmentInfo(object)
    if (info === undefined) return false
    this.#known.set(path, info)
    using held = await this.open(info)
    if (held === undefined) await this.drop([info])
    return held !== undefined
  }

  /** Deletes segments; who reads one of them at this moment reads data files instead. */
  async drop(segments: readonly SegmentInfo[]): Promise<void> {
    for (const { path } of segments) {
      this.#known.delete(path)
      await this.#options.store.delete(path)
    }
  }

  /** Deletes those that were seen and that nobody has use for. */
  async dropUseless(): Promise<void> {
    for (const path of this.#useless) await this.#options.store.delete(path)
    this.#useless.clear()
  }

  async #list(): Promise<void> {
    const names = new Set<string>()
    for await (const object of this.#options.store.list(`${keyIndexFolder}/`)) {
      const info = segmentInfo(object)
      if (isFormerSegment(object.path)) this.#useless.add(object.path)
      if (info === undefined || this.#useless.has(info.path)) continue
      names.add(info.path)
      if (!this.#known.has(info.path)) this.#known.set(info.path, info)
    }
    for (const path of this.#known.keys()) if (!names.has(path)) this.#known.delete(path)
    this.#listed = true
  }
}
