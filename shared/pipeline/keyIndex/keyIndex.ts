import { type AddFile, resolveDataPath } from '../../delta/index.js'
import { asError, isProgrammingError } from '../../errors.js'
import type { Stretch } from '../../parquet/index.js'
import { eventDate, recordCount, rowsIn } from '../incremental/index.js'
import { buildSegment } from './buildSegment.js'
import { mergeSegments } from './mergeSegments.js'
import type { StretchHashes } from './segment.js'
import { daysBetween, planMerge, type SegmentInfo } from './segmentName.js'
import { type HeldSegment, type KeyIndexOptions, SegmentSet } from './segmentSet.js'
import type { IndexedFile } from './segmentTrailer.js'

/** A data file of which single stretches of rows can have some of the keys. */
export interface LocatedFile {
  readonly file: AddFile
  readonly indexed: IndexedFile
  readonly stretches: StretchHashes
  /** Where these are, by their numbers, ascending. */
  readonly parts: ReadonlyMap<number, Stretch>
}

/** Where keys can be: in stretches of rows, and anywhere in files of which nothing is known. */
export interface KeyLocations {
  readonly located: readonly LocatedFile[]
  readonly unknown: readonly AddFile[]
}

const defaultBuildFrom = 2 ** 18
/** Rows whose hashes are sorted in memory. */
const maxBuildRows = 2 ** 20
/** What a run of silver merges at most; more is left to maintenance. */
const runMergeBytes = 2 ** 24

/**
 * Where in a table's files a key can be: segments beside the table, each of some of its data files, which it knows by
 * name and size. It spares reads and decides nothing: a key it names is looked up in the file, and a file that no
 * segment knows (written a moment ago or by another engine, compacted; its segment lost or damaged) is read whole.
 * Segments are written when the files they are of are there; nothing depends on when, and no failure matters.
 */
export class KeyIndex {
  readonly #options: KeyIndexOptions
  readonly #segments: SegmentSet
  /** Files of which no segment can be made, by their paths. */
  readonly #unfit = new Set<string>()

  constructor(options: KeyIndexOptions) {
    this.#options = options
    this.#segments = new SegmentSet(options)
  }

  /**
   * @param files those that can have the keys, as far as statistics say
   * @param hashes of the keys, ascending
   */
  async locate(files: readonly AddFile[], hashes: Float64Array): Promise<KeyLocations> {
    let locations: KeyLocations = { located: [], unknown: files }
    try {
      locations = await this.#search(files, hashes)
      if (this.#isFew(locations.unknown)) return locations
      // Another instance may have indexed them.
      const before = await this.#segments.infos()
      const now = await this.#segments.infos({ fresh: true })
      if (now.some(({ path }) => before.every(known => known.path !== path))) {
        locations = await this.#search(files, hashes)
        if (this.#isFew(locations.unknown)) return locations
      }
      if (!(await this.#build(locations.unknown))) return locations
      await this.#merge(runMergeBytes)
      return await this.#search(files, hashes)
    } catch (error) {
      this.#warn(error)
      return locations
    }
  }

  /**
   * Brings the index up to the table: segments for files that have none, few instead of many, none of files that are
   * gone.
   *
   * @param live every file of the table
   * @param from the first day of event time that is worth an index
   */
  async maintain(live: readonly AddFile[], from: string): Promise<void> {
    try {
      const infos = await this.#segments.infos({ fresh: true })
      await this.#segments.drop(infos.filter(({ last }) => last < from))
      await this.#sweep(live)
      await this.#segments.dropUseless()
      const recent = live.filter(file => dayOf(file) >= from)
      let isBuilt = true
      while (isBuilt) {
        const { unknown } = await this.#search(recent, new Float64Array())
        isBuilt = !this.#isFew(unknown) && (await this.#build(unknown))
      }
      let isMerged = true
      while (isMerged) isMerged = await this.#merge(Infinity)
    } catch (error) {
      this.#warn(error)
    }
  }

  async #search(files: readonly AddFile[], hashes: Float64Array): Promise<KeyLocations> {
    const unknown = new Map(files.map(file => [file.path, file]))
    const days = files.map(dayOf).toSorted()
    const [first = '', last = ''] = [days[0], days.at(-1)]
    const located: LocatedFile[] = []
    const infos = await this.#segments.infos()
    for (const info of infos.toSorted((a, b) => b.size - a.size)) {
      if (info.last < first || info.first > last) continue
      using held = await this.#segments.open(info)
      if (held === undefined) continue
      const own = held.segment.files.map(({ path, size }) => {
        const file = unknown.get(path)
        // A file of which rows are deleted is read by those who know which.
        return file?.size === size && file.deletionVector === undefined ? file : undefined
      })
      if (own.every(file => file === undefined)) continue
      const found = await held.segment.find(held.localPath, hashes)
      for (const [place, file] of own.entries()) {
        if (file === undefined) continue
        unknown.delete(file.path)
        const stretches = found.get(place)
        const indexed = held.segment.files[place]
        if (stretches === undefined || indexed === undefined) continue
        const numbers = [...stretches.keys()].sort((a, b) => a - b)
        const parts = new Map(indexed.stretches.at(numbers).map((part, i) => [numbers[i] as number, part]))
        located.push({ file, indexed, stretches, parts })
      }
    }
    return { located, unknown: [...unknown.values()] }
  }

  #isFew(files: readonly AddFile[]): boolean {
    return files.length === 0 || rowsIn(files) < (this.#options.buildFrom ?? defaultBuildFrom)
  }

  /** @returns whether a segment was written, or one of the files found to be unfit for one */
  async #build(files: readonly AddFile[]): Promise<boolean> {
    const { store, columns, spanDays } = this.#options
    const chosen: AddFile[] = []
    let rows = 0
    for (const file of files.toSorted((a, b) => (dayOf(a) < dayOf(b) ? -1 : dayOf(a) > dayOf(b) ? 1 : 0))) {
      if (file.deletionVector !== undefined || this.#unfit.has(file.path)) continue
      if (resolveDataPath(store.url, file.path).kind !== 'relative') continue
      rows += recordCount(file)
      const isFull = rows > maxBuildRows || daysBetween(dayOf(chosen[0] ?? file), dayOf(file)) >= spanDays
      if (chosen.length > 0 && isFull) break
      chosen.push(file)
    }
    const [first, last] = [chosen[0], chosen.at(-1)]
    if (first === undefined || last === undefined) return false
    const unfit = new Set(chosen.map(({ path }) => path))
    const written = await this.#segments.write([dayOf(first), dayOf(last)], async path => {
      const indexed = await buildSegment(store, path, columns, chosen)
      for (const file of indexed ?? []) unfit.delete(file.path)
      return indexed
    })
    for (const path of unfit) this.#unfit.add(path)
    return written || unfit.size > 0
  }

  /** @returns whether segments were merged */
  async #merge(maxBytes: number): Promise<boolean> {
    const chosen = planMerge(await this.#segments.infos(), { spanDays: this.#options.spanDays, maxBytes })
    return chosen.length > 0 && (await this.#replace(chosen, () => true))
  }

  /** Drops segments of files that are gone, and rewrites those of which most are. */
  async #sweep(live: readonly AddFile[]): Promise<void> {
    const there = new Map(live.map(({ path, size }) => [path, size]))
    const isLive = ({ path, size }: IndexedFile) => there.get(path) === size
    for (const info of await this.#segments.infos()) {
      let [kept, all] = [0, 0]
      {
        using held = await this.#segments.open(info)
        for (const file of held?.segment.files ?? []) {
          all += file.rows
          if (isLive(file)) kept += file.rows
        }
      }
      if (kept === 0) await this.#segments.drop([info])
      else if (kept < all / 2) await this.#replace([info], isLive)
    }
  }

  async #replace(chosen: readonly SegmentInfo[], isWanted: (file: IndexedFile) => boolean): Promise<boolean> {
    const held: HeldSegment[] = []
    try {
      for (const info of chosen) {
        const segment = await this.#segments.open(info)
        if (segment === undefined) return false
        held.push(segment)
      }
      const first = held.map(segment => segment.first).toSorted()[0] ?? ''
      const last =
        held
          .map(segment => segment.last)
          .toSorted()
          .at(-1) ?? ''
      const written = await this.#segments.write([first, last], path =>
        mergeSegments(this.#options.store, path, held, isWanted),
      )
      if (written) await this.#segments.drop(chosen)
      return written
    } finally {
      for (const segment of held) segment[Symbol.dispose]()
    }
  }

  #warn(error: unknown): void {
    if (isProgrammingError(error)) throw error
    this.#options.log.warn('The key index is not kept up; data files are read instead.', {
      table: this.#options.store.url,
      detail: asError(error).message,
    })
  }
}

const dayOf = (file: AddFile) => file.partitionValues[eventDate] ?? ''
