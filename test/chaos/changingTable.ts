import type { Clock } from '../../shared/clock.js'
import { alterTable } from '../../shared/delta/ddl/index.js'
import { appendRows, deleteRows, mergeRows } from '../../shared/delta/dml/index.js'
import {
  createTable,
  deletionVectorPath,
  DeltaError,
  DeltaTable,
  locateData,
  readChanges,
  type Rows,
  scanRows,
  type Snapshot,
  type TableState,
  type WriteOutcome,
} from '../../shared/delta/index.js'
import { cleanLog, optimizeTable, vacuumTable, writeCompactedLog } from '../../shared/delta/maintenance/index.js'
import { isRetryable } from '../../shared/errors.js'
import type { ObjectStore } from '../../shared/storage/index.js'
import type { StructType, Value } from '../../shared/types/index.js'

const field = (name: string, type: 'long' | 'string') => ({ name, type, nullable: true, metadata: {} }) as const
const [id, text, p] = [field('id', 'long'), field('text', 'string'), field('p', 'string')]

export const schema: StructType = { type: 'struct', fields: [id, text, p] }

export const rowsOf = (ids: readonly number[], say: (id: number) => string): Rows => ({
  count: ids.length,
  columns: [
    { field: id, data: BigInt64Array.from(ids.map(BigInt)) },
    { field: text, data: ids.map(say) },
    { field: p, data: ids.map(n => `p${n % 3}`) },
  ],
})

/** What is said of files that were deleted while they were read. */
const overtaken: ReadonlySet<string> = new Set(['DELTA_FILE_MISSING', 'DELTA_VERSION_GAP', 'DELTA_NO_VERSION'])

/** The rows of one append, whoever makes it: so that another process knows them. */
export const idsOf = (app: number, round: number): number[] =>
  Array.from({ length: 1 + ((app * 7 + round * 13) % 4) }, (_, i) => app * 1_000_000 + round * 10 + i)

export const firstText = (id: number): string => `row ${id}`

export interface ChangingTableOptions {
  /**
   * The table's folder as one of those who work on it sees it, with whatever goes wrong for them. No commit may be made
   * once it is `stale`.
   */
  readonly open: (stale: () => boolean) => ObjectStore
  readonly clock: Clock
  readonly random: () => number
  /** How long files that nobody needs any more are kept, and versions of the log. */
  readonly retentionMs: number
  /** Whether there is still something to do. */
  readonly working: () => boolean
  /** Waits up to so long, at random. */
  readonly pause: (maxMs: number) => Promise<void>
}

/**
 * A table on which many work at once, and what it must hold at the end. Everything they do is done again until it is
 * known to be done, whatever storage answers.
 */
export class ChangingTable {
  /** What the table holds of the rows whose fate is known. */
  readonly live = new Map<number, string>()
  readonly counts = {
    appended: 0,
    deleted: 0,
    merged: 0,
    optimized: 0,
    vacuumed: 0,
    checkpoints: 0,
    compacted: 0,
    cleaned: 0,
    altered: 0,
    scans: 0,
    followed: 0,
    repeated: 0,
  }
  readonly #known = new Set<number>()
  /** Rows that somebody is changing right now. */
  readonly #busy = new Set<number>()
  readonly #options: ChangingTableOptions
  readonly #followed = new Map<number, string>()
  #next = 0
  #changes = 0

  constructor(options: ChangingTableOptions) {
    this.#options = options
  }

  /**
   * A file's retention begins when its removal is written down, and the removal is committed later. So half of it is
   * for who commits, and the other half is what a reader can count on from the moment its version is not the newest.
   */
  get #promisedMs(): number {
    return this.#options.retentionMs / 2
  }

  async create(configuration: Readonly<Record<string, string>>): Promise<void> {
    const keep = `interval ${Math.ceil(this.#options.retentionMs / 1000)} seconds`
    const definition = {
      schema,
      partitionColumns: ['p'],
      createdTime: this.#options.clock.now(),
      configuration: {
        'delta.enableChangeDataFeed': 'true',
        'delta.enableDeletionVectors': 'true',
        'delta.deletedFileRetentionDuration': keep,
        'delta.logRetentionDuration': keep,
        ...configuration,
      },
    }
    for (;;) {
      const done = await this.#once(table => table.commit(createTable(definition)))
      if (done !== undefined) return
    }
  }

  /** Appends rounds of rows as application `app`, each once; goes on where a process before it was killed. */
  async append(
    app: number,
    onRound: (ids: readonly number[]) => void = ids => {
      this.appended(ids)
    },
  ): Promise<void> {
    let state: TableState | undefined
    while (state === undefined) state = await this.#once(table => table.state())
    const done = Number(state.txns.get(`app-${app}`)?.version ?? 0n)
    for (let round = 1; round <= done; round++) onRound(idsOf(app, round))
    for (let round = done + 1; this.#options.working(); round++) {
      const ids = idsOf(app, round)
      const txn = { appId: `app-${app}`, version: BigInt(round) }
      await this.#until(table => appendRows(table, [rowsOf(ids, firstText)], { txn, clock: this.#options.clock }))
      onRound(ids)
      await this.#options.pause(300)
    }
  }

  /** Takes note of rows that are in the table; hearing of them once more changes nothing. */
  appended(ids: readonly number[]): void {
    for (const id of ids) {
      if (this.#known.has(id)) continue
      this.#known.add(id)
      this.live.set(id, firstText(id))
      this.counts.appended++
    }
  }

  async erase(): Promise<void> {
    await this.#changing(6, async ids => {
      const where = { op: 'in', column: 'id', values: ids.map(BigInt) } as const
      await this.#until(table => deleteRows(table, { where, clock: this.#options.clock }), true)
      for (const id of ids) this.live.delete(id)
      this.counts.deleted += ids.length
    })
  }

  async merge(): Promise<void> {
    await this.#changing(8, async (ids, change) => {
      const say = (id: number) => `row ${id}, change ${change}`
      await this.#until(
        table => mergeRows(table, [rowsOf(ids, say)], { on: ['id'], notMatched: 'ignore', clock: this.#options.clock }),
        true,
      )
      for (const id of ids) this.live.set(id, say(id))
      this.counts.merged += ids.length
    })
  }

  async alter(): Promise<void> {
    await this.#keeping(4_000, async table => {
      const properties = { 'chaos.turn': String(this.counts.altered) }
      const outcome = await alterTable(table, [{ kind: 'setProperties', properties }], { clock: this.#options.clock })
      if (outcome.kind === 'committed') this.counts.altered++
    })
  }

  async optimize(minFiles = 2): Promise<void> {
    await this.#keeping(400, async table => {
      const outcome = await optimizeTable(table, { clock: this.#options.clock, commitBytes: 20_000, minFiles })
      if (outcome.kind === 'optimized') this.counts.optimized += outcome.commits
    })
  }

  async vacuum(): Promise<void> {
    await this.#keeping(500, async table => {
      await vacuumTable(table, {
        clock: this.#options.clock,
        lowWatermark: this.#next,
        onFile: () => this.counts.vacuumed++,
      })
    })
  }

  async checkpoint(): Promise<void> {
    await this.#keeping(1_000, async table => {
      if ((await table.writeCheckpoint()).kind === 'written') this.counts.checkpoints++
      const tip = (await table.state({ fresh: true }))?.version ?? 0
      if (tip > 12 && (await writeCompactedLog(table.store, { from: tip - 9, to: tip - 2 })) === 'created')
        this.counts.compacted++
    })
  }

  async clean(): Promise<void> {
    await this.#keeping(1_000, async table => {
      const outcome = await cleanLog(table, { lowWatermark: this.#next })
      if (outcome.kind === 'cleaned') this.counts.cleaned += outcome.files
    })
  }

  /** Reads the whole table again and again: every version must be whole. */
  async scan(): Promise<void> {
    await this.#keeping(600, async table => {
      const before = new Map([...this.live].filter(([id]) => !this.#busy.has(id)))
      const snapshot = await table.snapshot()
      if (snapshot === undefined) throw new Error('the table is gone')
      const rows = await rowsIn(table.store, snapshot)
      for (const [id, said] of before) {
        if (this.#busy.has(id) || this.live.get(id) !== said) continue
        if (rows.get(id) !== said)
          throw new Error(
            `version ${snapshot.version} has ${rows.get(id) ?? 'nothing'} of ${id}, which was ${said} before`,
          )
      }
      this.counts.scans++
    })
  }

  /** Follows the change feed, which must always lead from what the table held to what it holds. */
  async follow(): Promise<void> {
    await this.#keeping(300, table => this.#catchUp(table))
  }

  async #catchUp(table: DeltaTable): Promise<void> {
    const tip = (await table.state({ fresh: true }))?.version ?? -1
    if (tip < this.#next) return
    const byVersion = new Map<number, { readonly gone: [number, string][]; readonly come: [number, string][] }>()
    const scan = await readChanges(table.store, {
      from: this.#next,
      to: tip,
      columns: ['id', 'text', '_change_type', '_commit_version'],
    })
    for await (const { rows, columns } of scan.batches) {
      const [ids = [], texts = [], types = [], versions = []] = columns
      for (let r = 0; r < rows; r++) {
        const version = Number(versions[r])
        const change = byVersion.get(version) ?? { gone: [], come: [] }
        byVersion.set(version, change)
        const side = types[r] === 'insert' || types[r] === 'update_postimage' ? change.come : change.gone
        side.push([Number(ids[r]), texts[r] as string])
      }
    }
    for (const [version, { gone, come }] of [...byVersion].sort(([a], [b]) => a - b)) {
      for (const [id, said] of gone) {
        if (this.#followed.get(id) !== said)
          throw new Error(
            `version ${version} takes away ${said} of ${id}, which was ${this.#followed.get(id) ?? 'not there'}`,
          )
        this.#followed.delete(id)
      }
      for (const [id, said] of come) {
        if (this.#followed.has(id)) throw new Error(`version ${version} adds ${id} a second time`)
        this.#followed.set(id, said)
      }
      this.counts.followed += gone.length + come.length
    }
    this.#next = tip + 1
  }

  /** What is wrong at the end: nothing, or in words. `store` is one with which nothing goes wrong. */
  async complaints(store: ObjectStore): Promise<readonly string[]> {
    const found: string[] = []
    const table = new DeltaTable(store, { clock: this.#options.clock })
    const snapshot = await table.snapshot()
    if (snapshot === undefined) return ['there is no table']
    const rows = await rowsIn(store, snapshot)
    for (const [id, said] of this.live)
      if (rows.get(id) !== said) found.push(`row ${id} is ${rows.get(id) ?? 'lost'}, not ${said}`)
    for (const id of rows.keys()) if (!this.live.has(id)) found.push(`row ${id} came back`)
    await this.#catchUp(table)
    for (const [id, said] of rows)
      if (this.#followed.get(id) !== said)
        found.push(`the change feed says ${this.#followed.get(id) ?? 'nothing'} of ${id}, which is ${said}`)
    if (this.#followed.size !== rows.size)
      found.push(`the change feed leads to ${this.#followed.size} rows, the table has ${rows.size}`)

    const history = await table.history()
    for (const [i, { version }] of history.entries())
      if (version !== snapshot.version - i) found.push(`version ${snapshot.version - i} is missing`)
    const txnIds = new Set<unknown>()
    for await (const { version, actions } of table.commits(history.at(-1)?.version ?? 0)) {
      for (const action of actions) {
        if (!('commitInfo' in action)) continue
        if (txnIds.has(action.commitInfo.txnId))
          found.push(`version ${version} is of a transaction that has another version, too`)
        txnIds.add(action.commitInfo.txnId)
      }
    }
    // Whoever reads a version soon enough finds its files.
    const oldest = this.#options.clock.now() - this.#promisedMs
    const there = new Set<string>()
    for (const { version, timestamp } of history) {
      if (timestamp < oldest && version !== snapshot.version) continue
      const of = version === snapshot.version ? snapshot : await table.snapshot({ version })
      found.push(...(await missingFiles(store, of, there)).map(name => `version ${version} lacks ${name}`))
    }
    found.push(...rowIdComplaints(snapshot))
    return found
  }

  /** Takes rows whose fate is known, changes them, and gives them back. */
  async #changing(most: number, change: (ids: readonly number[], change: number) => Promise<void>): Promise<void> {
    while (this.#options.working()) {
      const free = [...this.live.keys()].filter(id => !this.#busy.has(id))
      const ids = Array.from(
        { length: Math.min(free.length, 1 + Math.floor(this.#options.random() * most)) },
        () => free[Math.floor(this.#options.random() * free.length)] ?? 0,
      )
      const chosen = [...new Set(ids)]
      if (chosen.length > 0) {
        for (const id of chosen) this.#busy.add(id)
        await change(chosen, ++this.#changes)
        for (const id of chosen) this.#busy.delete(id)
      }
      await this.#options.pause(400)
    }
  }

  /** Until it is done; what finds nothing to do at the very first must have `lost` something. */
  async #until(write: (table: DeltaTable) => Promise<WriteOutcome>, lost = false): Promise<void> {
    for (let tries = 1; ; tries++) {
      const outcome = await this.#once(write)
      if (outcome?.kind === 'committed' || outcome?.kind === 'alreadyApplied') return
      if (outcome?.kind === 'nothingToDo') {
        if (lost && tries === 1) throw new Error(`rows that were there are not, at version ${outcome.version}`)
        return
      }
      if (outcome?.kind === 'noTable') throw new Error('the table is gone')
      this.counts.repeated++
      await this.#options.pause(100)
    }
  }

  async #keeping(maxMs: number, work: (table: DeltaTable) => Promise<void>): Promise<void> {
    while (this.#options.working()) {
      await this.#once(work)
      await this.#options.pause(maxMs)
    }
  }

  /** As a process that has just been started; undefined when storage did not let it. */
  async #once<T>(work: (table: DeltaTable) => Promise<T>): Promise<T | undefined> {
    const { clock, random, retentionMs } = this.#options
    const start = clock.now()
    const stale = () => retentionMs > 0 && clock.now() - start > this.#promisedMs
    try {
      return await work(new DeltaTable(this.#options.open(stale), { clock, random, maxAttempts: 200 }))
    } catch (error) {
      const late = error instanceof DeltaError && overtaken.has(error.code) && stale()
      if (!isRetryable(error) && !late) throw error
      return undefined
    }
  }
}

/** Throws for an id that stands there twice. */
export async function rowsIn(store: ObjectStore, snapshot: Snapshot): Promise<ReadonlyMap<number, string>> {
  const rows = new Map<number, string>()
  for await (const { rows: count, columns } of scanRows(store, snapshot, { columns: ['id', 'text'] }).batches) {
    const [ids = [], texts = []] = columns as readonly ArrayLike<Value>[]
    for (let r = 0; r < count; r++) {
      if (rows.has(Number(ids[r]))) throw new Error(`version ${snapshot.version} has ${Number(ids[r])} twice`)
      rows.set(Number(ids[r]), texts[r] as string)
    }
  }
  return rows
}

/** @param there what was found before: versions share most of their files, and nobody deletes any more */
async function missingFiles(
  store: ObjectStore,
  snapshot: Snapshot | undefined,
  there: Set<string>,
): Promise<readonly string[]> {
  const paths = (snapshot?.files ?? []).flatMap(({ path, deletionVector }) =>
    deletionVector === undefined || deletionVector.storageType === 'i'
      ? [path]
      : [path, deletionVectorPath(deletionVector)],
  )
  await Promise.all(
    paths
      .filter(path => !there.has(path))
      .map(async path => {
        if ((await store.head((await locateData(store, path)).path)) !== undefined) there.add(path)
      }),
  )
  return paths.filter(path => !there.has(path))
}

/** Rows of a table with row tracking have ids that no others have. */
function rowIdComplaints({ files, metadata, domains }: Snapshot): readonly string[] {
  if (metadata.configuration['delta.enableRowTracking'] !== 'true') return []
  const mark = BigInt(
    (
      JSON.parse(domains.get('delta.rowTracking')?.configuration ?? '{"rowIdHighWaterMark":-1}') as {
        rowIdHighWaterMark: number
      }
    ).rowIdHighWaterMark,
  )
  const ranges = files
    .map(({ path, baseRowId = -1n, stats = '{}' }) => ({
      path,
      start: baseRowId,
      end: baseRowId + BigInt((JSON.parse(stats) as { numRecords?: number }).numRecords ?? 0),
    }))
    .sort((a, b) => Number(a.start - b.start))
  return ranges.flatMap(({ path, start, end }, i) => {
    if (start < 0n) return [`${path} has no row ids`]
    if (end > mark + 1n) return [`${path} has row ids beyond ${mark}`]
    return start < (ranges[i - 1]?.end ?? 0n) ? [`${path} shares row ids with ${ranges[i - 1]?.path ?? ''}`] : []
  })
}
