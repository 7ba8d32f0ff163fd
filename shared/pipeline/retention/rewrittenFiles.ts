import {
  type Action,
  type AddFile,
  discard,
  filesThatMayMatch,
  type Predicate,
  removedFile,
  type Snapshot,
} from '../../delta/index.js'
import {
  copyToParquet,
  type DeltaView,
  type DuckDbSession,
  openDeltaView,
  type ParquetCopy,
  publishFile,
} from '../../query/index.js'
import type { FileLayout } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'

/** A table of the lake as it is to be rewritten. */
export interface Rewriting {
  readonly lake: Lake
  readonly session: DuckDbSession
  /** Its folder in the lake. */
  readonly path: string
  readonly snapshot: Snapshot
}

/**
 * The files that may have rows by their statistics, and every file with a deletion vector: the rows that it deletes are
 * in the file's bytes all the same.
 */
export function filesToSearch({ snapshot }: Pick<Rewriting, 'snapshot'>, predicate: Predicate): readonly AddFile[] {
  const likely = new Set(filesThatMayMatch(snapshot, snapshot.files, predicate))
  return snapshot.files.filter(file => file.deletionVector !== undefined || likely.has(file))
}

/** One file's rows. */
export function openFile(
  { lake, session, path, snapshot }: Rewriting,
  file: AddFile,
  columns?: readonly string[],
): Promise<DeltaView> {
  const store = lake.store.within(path)
  return openDeltaView(session, lake.files, { store, state: snapshot, files: [file], columns })
}

/**
 * Uploads a file of the rows of a SELECT of the table's columns; undefined when there are none.
 * @param layout as the table's own writer has it
 */
export async function writeFile(
  { lake, session, path, snapshot }: Rewriting,
  select: string,
  partitionValues: AddFile['partitionValues'],
  layout: Pick<ParquetCopy, 'orderBy'> & FileLayout,
): Promise<AddFile | undefined> {
  const table = { ...snapshot.metadata, schema: snapshot.schema }
  const file = await copyToParquet(session, { ...layout, select, table, partitionValues })
  return file === undefined ? undefined : publishFile(lake.store.within(path), file, lake.clock)
}

/** Files and what takes their place; given up, unless they are committed. */
export class RewrittenFiles {
  readonly #rewriting: Rewriting
  readonly removes: AddFile[] = []
  readonly adds: AddFile[] = []

  constructor(rewriting: Rewriting) {
    this.#rewriting = rewriting
  }

  replace(file: AddFile, by: AddFile | undefined): void {
    this.removes.push(file)
    if (by !== undefined) this.adds.push(by)
  }

  add(file: AddFile | undefined): void {
    if (file !== undefined) this.adds.push(file)
  }

  /** What a commit says of them. A removal keeps no statistics: they have values of the rows that are erased. */
  actions(now: number): readonly Action[] {
    return [
      ...this.removes.map((file): Action => ({ remove: { ...removedFile(file, now), stats: undefined } })),
      ...this.adds.map((add): Action => ({ add })),
    ]
  }

  get metrics(): Readonly<Record<'numRemovedFiles' | 'numAddedFiles', number>> {
    return { numRemovedFiles: this.removes.length, numAddedFiles: this.adds.length }
  }

  discard(): Promise<void> {
    const { lake, path } = this.#rewriting
    return discard({ store: lake.store.within(path) }, this.adds)
  }
}
