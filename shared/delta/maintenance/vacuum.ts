import { type Clock, systemClock } from '../../clock.js'
import type { ObjectInfo, ObjectStore } from '../../storage/index.js'
import type { Txn } from '../actions/index.js'
import type { FileList } from '../checkpoint/index.js'
import { DeltaError } from '../deltaError.js'
import { listLog, logFolder, readCommitFile, readCommitFiles } from '../log/index.js'
import { requireMaintainable, tombstoneExpiry } from '../protocol/index.js'
import { openFileList, StringSet } from '../snapshot/index.js'
import type { DeltaTable } from '../table/index.js'
import { NeededFiles } from './neededFiles.js'
import { VacuumRecord } from './vacuumRecord.js'
import { isVacuumable } from './vacuumScope.js'

/** What {@link vacuumTable} may delete, and what it records of that in the log. */
export interface VacuumOptions {
  /**
   * Milliseconds that a file that is no longer needed is kept; the table's `delta.deletedFileRetentionDuration` (a
   * week) when absent.
   */
  readonly retentionMs?: number | undefined
  /**
   * Gives up every version but the newest, whatever the retention: files that the log still names and that the newest
   * version does not need are deleted whatever their age. Others, which may be about to be committed, are kept for
   * `unnamedMs` milliseconds.
   */
  readonly onlyNewest?: { readonly unnamedMs: number } | undefined
  /** Allows a retention below the table's: then a reader of an older version, or a slow writer, may lose its files. */
  readonly force?: boolean | undefined
  /** Only reports what would be deleted. */
  readonly dryRun?: boolean | undefined
  /** The oldest version that a follower of the table has still to read: files that commits since then name stay. */
  readonly lowWatermark?: number | undefined
  /** Files that one call deletes at most; what is left shows as `more`. */
  readonly maxFiles?: number | undefined
  /** Records start and end in the log, as Spark does with every store that can put if absent; true when absent. */
  readonly log?: boolean | undefined
  /** Records the end in any case, with these transactions. */
  readonly record?: { readonly txns: readonly Txn[] } | undefined
  /** Called with every file before it is deleted, or would be. */
  readonly onFile?: ((file: ObjectInfo) => void) | undefined
  readonly clock?: Clock | undefined
}

/** The answer of {@link vacuumTable}; `planned` is that of a dry run, `more` is set when `maxFiles` left some. */
export type VacuumOutcome =
  | { readonly kind: 'noTable' }
  | {
      readonly kind: 'vacuumed' | 'planned'
      /** The version that was read, or that the record made. */
      readonly version: number
      /** Files deleted, or to be deleted. */
      readonly files: number
      readonly bytes: number
      readonly more: boolean
      /** With `onlyNewest`: files that no version has named and that are too young to be deleted. */
      readonly unnamed?: number | undefined
    }

/** Files that are checked, and deleted, together. */
const batchFiles = 256
const parallel = 16
/** Files to be deleted that are remembered from the listing that counts them; of more the table is listed again. */
const keptFiles = 100_000

/**
 * Deletes files that no version within the retention needs: not named by a live `add` or by a tombstone younger than
 * the retention, no such file's deletion vector, and last written before the retention, so that a file which a writer
 * has uploaded and not yet committed stays. The age of a file is measured by the storage's clock, not by this host's,
 * which may be ahead; the age of a tombstone, whose time its writer set, by the earlier of the two. The log is read
 * again right before each batch is deleted: what a commit has named meanwhile stays too.
 *
 * ```ts
 * const { kind } = await vacuumTable(table, { dryRun: true, onFile: ({ path }) => console.log(path) })
 * ```
 *
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE for a table that this writer may not touch, DELTA_BAD_PROPERTY for a
 * retention below the table's without `force`
 */
export async function vacuumTable(table: DeltaTable, options: VacuumOptions = {}): Promise<VacuumOutcome> {
  const clock = options.clock ?? systemClock
  const { store } = table
  if ((await table.state({ fresh: true })) === undefined) return { kind: 'noTable' }
  const list = await openFileList(store)
  if (list === undefined) return { kind: 'noTable' }
  const { state } = list
  requireMaintainable(state, { table: table.url, version: state.version })
  const now = await store.now()
  const least = now - tombstoneExpiry(state.metadata.configuration, now)
  const retentionMs = options.retentionMs ?? least
  if (retentionMs < least && options.force !== true) throw tooShort(table, retentionMs, least)
  const { onlyNewest } = options
  const cutoff = onlyNewest === undefined ? now - retentionMs : Infinity
  const named = onlyNewest === undefined ? undefined : await namedFiles(list, store.url)
  const unnamedCutoff = now - (onlyNewest?.unnamedMs ?? retentionMs)
  const expiry = onlyNewest === undefined ? Math.min(now, clock.now()) - retentionMs : Infinity
  const needed = await neededFiles(list, store, expiry, options.lowWatermark)
  const unneeded = (path: string) => isVacuumable(path, state.metadata.partitionColumns) && !needed.has(path)
  const run = new Run(store, needed, state.version, options)
  const pass = async (visit?: (batch: readonly ObjectInfo[]) => Promise<void>) => {
    const most = options.maxFiles ?? Infinity
    const folders = new StringSet()
    let [files, bytes, more, unnamed] = [0, 0, false, 0]
    let batch: ObjectInfo[] = []
    let kept: ObjectInfo[] | undefined = []
    for await (const object of store.list('')) {
      takeFolders(folders, object.path)
      const isNamed = named?.has(object.path) ?? true
      if (object.modifiedAt >= (isNamed ? cutoff : unnamedCutoff) || !unneeded(object.path)) {
        if (!isNamed && unneeded(object.path)) unnamed++
        continue
      }
      if (files >= most) {
        more = true
        break
      }
      files++
      bytes += object.size
      if (files > keptFiles) kept = undefined
      if (visit === undefined) kept?.push(object)
      if (visit === undefined || batch.push(object) < batchFiles) continue
      await visit(batch)
      batch = []
    }
    await visit?.(batch)
    return { files, bytes, more, unnamed, kept, folders: folders.size + 1 }
  }
  if (options.dryRun === true) {
    const { more } = await pass(batch => run.deleteUnneeded(batch))
    return { kind: 'planned', version: state.version, files: run.files, bytes: run.bytes, more }
  }
  const record = new VacuumRecord(table, options)
  let planned: Awaited<ReturnType<typeof pass>> | undefined
  if (options.log ?? true) {
    planned = await pass()
    await record.start(planned, { check: options.force !== true, own: least, asked: options.retentionMs })
  }
  let done: Awaited<ReturnType<typeof pass>>
  try {
    if (planned?.kept !== undefined) await run.deleteAll(planned.kept)
    done = planned?.kept !== undefined ? planned : await pass(batch => run.deleteUnneeded(batch))
  } catch (error) {
    await record.fail()
    throw error
  }
  const version = (await record.end({ files: run.files, folders: done.folders })) ?? state.version
  const vacuumed = { version, files: run.files, bytes: run.bytes, more: done.more }
  return { kind: 'vacuumed', ...vacuumed, ...(onlyNewest === undefined ? {} : { unnamed: done.unnamed }) }
}

class Run {
  readonly #store: ObjectStore
  readonly #needed: NeededFiles
  readonly #options: VacuumOptions
  #next: number
  files = 0
  bytes = 0

  constructor(store: ObjectStore, needed: NeededFiles, version: number, options: VacuumOptions) {
    this.#store = store
    this.#needed = needed
    this.#next = version + 1
    this.#options = options
  }

  async deleteAll(files: readonly ObjectInfo[]): Promise<void> {
    for (let i = 0; i < files.length; i += batchFiles) await this.deleteUnneeded(files.slice(i, i + batchFiles))
  }

  async deleteUnneeded(batch: readonly ObjectInfo[]): Promise<void> {
    if (batch.length === 0) return
    const { onFile, dryRun } = this.#options
    this.#next = await this.#needed.follow(version => readCommitFile(this.#store, version), this.#next)
    const unneeded = batch.filter(({ path }) => !this.#needed.has(path))
    for (let i = 0; i < unneeded.length; i += parallel) {
      const some = unneeded.slice(i, i + parallel)
      for (const file of some) onFile?.(file)
      if (dryRun !== true) await Promise.all(some.map(({ path }) => this.#store.delete(path)))
    }
    this.files += unneeded.length
    this.bytes += unneeded.reduce((sum, { size }) => sum + size, 0)
  }
}

/** The folders that VACUUM has listed, the log's and other programs' not among them. */
function takeFolders(folders: StringSet, path: string): void {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (path.startsWith(logFolder)) return
    folders.add(path.slice(0, slash))
  }
}

/** Everything that the log still knows to have been a file of the table. */
async function namedFiles(list: FileList, tableUrl: string): Promise<NeededFiles> {
  const named = new NeededFiles(tableUrl)
  for await (const actions of list.actions(0)) named.take(actions)
  return named
}

async function neededFiles(
  list: FileList,
  store: ObjectStore,
  expiry: number,
  lowWatermark: number | undefined,
): Promise<NeededFiles> {
  const needed = new NeededFiles(store.url)
  for await (const actions of list.actions(expiry)) needed.take(actions)
  if (lowWatermark === undefined || lowWatermark > list.state.version) return needed
  const { commits } = await listLog(store, lowWatermark)
  // Where the log does not reach back so far, the consumer has already lost what it had to read.
  let first = list.state.version + 1
  while (first > lowWatermark && commits.has(first - 1)) first--
  for await (const { actions } of readCommitFiles(store, first, list.state.version)) {
    // A consumer of the changes does not read files whose rows were only moved.
    needed.take(actions.filter(action => !('remove' in action) || action.remove.dataChange))
  }
  return needed
}

function tooShort(table: DeltaTable, retentionMs: number, least: number): DeltaError {
  const hours = (ms: number) => `${Math.round(ms / 36_000) / 100} hours`
  return new DeltaError(
    'DELTA_BAD_PROPERTY',
    `files are to be kept for ${hours(retentionMs)} only, but the table's delta.deletedFileRetentionDuration is ` +
      `${Number.isFinite(least) ? hours(least) : 'not understood'}: readers of older versions and slow writers could lose theirs. ` +
      'Ask for more, or set force (--force) when nobody else is at work',
    { where: { table: table.url }, data: { retentionMs, least } },
  )
}
