import { ManualClock } from '../../../shared/clock.js'
import type { Action, AddFile, Protocol } from '../../../shared/delta/actions/actions.js'
import { decodeLogPath } from '../../../shared/delta/actions/dataPath.js'
import { deletionVectorPath } from '../../../shared/delta/deletionVectors/deletionVector.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import type { Snapshot } from '../../../shared/delta/snapshot/snapshot.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { rowsOf, TableWriter, writtenFeatures } from '../../../shared/delta/write/tableWriter.js'
import type { WriteOptions } from '../../../shared/delta/write/writeOptions.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import type { MemoryStore } from '../../../shared/storage/index.js'
import type { Row, StructField, Value } from '../../../shared/types/index.js'
import { allRows, type FixtureOptions, LogFixture } from '../logFixture.js'

const anyFeatures: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['columnMapping', 'deletionVectors', 'typeWidening'],
  writerFeatures: ['appendOnly', 'changeDataFeed', 'columnMapping', 'deletionVectors', 'invariants', 'typeWidening'],
}

/** A table in memory whose rows are changed, and looked at again. */
export class ChangeFixture {
  readonly faults = new Faults()
  readonly clock = new ManualClock()
  readonly memory: MemoryStore
  readonly table: DeltaTable

  private constructor(memory: MemoryStore) {
    this.memory = memory
    this.table = new DeltaTable(new FaultyStore(memory, this.faults, this.clock), {
      clock: this.clock,
      random: () => 0.5,
    })
  }

  /** An empty table. Features are those that any of the properties needs. */
  static async create(options: FixtureOptions): Promise<ChangeFixture> {
    const log = new LogFixture({ protocol: anyFeatures, ...options })
    await log.commit()
    return new ChangeFixture(log.store)
  }

  /** Somebody else's handle on the same table, with a storage that does not fail. */
  other(): ChangeFixture {
    return new ChangeFixture(this.memory)
  }

  /** What happens just before the next commit is put. */
  beforeCommit(first: () => Promise<unknown>): void {
    this.faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          await first()
        },
      },
    })
  }

  async append(
    rows: readonly Row[],
    options: WriteOptions & { readonly files?: readonly number[] } = {},
  ): Promise<number> {
    const snapshot = await this.snapshot()
    const actions: Action[] = []
    let at = 0
    for (const count of options.files ?? [rows.length]) {
      const writer = new TableWriter(this.table.store, snapshot, { clock: this.clock, ...options })
      await writer.write(rowsOf(snapshot.schema, rows.slice(at, at + count)))
      actions.push(...(await writer.finish()).map((add): Action => ({ add })))
      at += count
    }
    return this.commitWith(options, ...actions)
  }

  /** Commits actions as they are. */
  commit(...actions: Action[]): Promise<number> {
    return this.commitWith({}, ...actions)
  }

  /** A file of another writer, as it is: only what comes back is taken unread. */
  bringBack(add: AddFile): Promise<number> {
    return this.#commitAs('RESTORE', {}, [{ add }])
  }

  commitWith(options: WriteOptions, ...actions: Action[]): Promise<number> {
    return this.#commitAs('WRITE', options, actions)
  }

  async #commitAs(operation: string, options: WriteOptions, actions: readonly Action[]): Promise<number> {
    const outcome = await this.table.commit({
      readVersion: (await this.snapshot()).version,
      actions,
      operation,
      isBlindAppend: true,
      reads: readsNothing,
      keeps: writtenFeatures(options),
    })
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
    return outcome.version
  }

  async snapshot(version?: number): Promise<Snapshot> {
    const snapshot = await this.table.snapshot(version === undefined ? {} : { version })
    if (snapshot === undefined) throw new Error('the fixture has no table')
    return snapshot
  }

  /** All rows, in the order of the columns, sorted. */
  async rows(version?: number): Promise<Value[][]> {
    return sorted(await allRows(scanRows(this.table.store, await this.snapshot(version)).batches))
  }

  /** What one version changed: the rows, and last what became of them; sorted. */
  async changes(version: number): Promise<Value[][]> {
    const fields = (await this.snapshot(version)).schema.fields.map(({ name }) => name)
    return sorted(
      await allRows(
        (await this.table.changes({ from: version, to: version, columns: [...fields, '_change_type'] })).batches,
      ),
    )
  }

  async actions(version: number): Promise<readonly Action[]> {
    for await (const { actions } of this.table.commits(version, version)) return actions
    throw new Error(`no version ${version}`)
  }

  /** The actions of one kind, in the order of the commit. */
  async only<K extends 'add' | 'remove' | 'cdc'>(
    kind: K,
    version: number,
  ): Promise<Extract<Action, Record<K, unknown>>[K][]> {
    const found = (await this.actions(version)).filter(action => kind in action)
    return found.map(action => (action as unknown as Record<K, Extract<Action, Record<K, unknown>>[K]>)[kind])
  }

  /** Names of objects that no version of the log knows. */
  async strays(): Promise<string[]> {
    const known = new Set<string>()
    const { version } = await this.snapshot()
    for (let v = 0; v <= version; v++) {
      for (const action of await this.actions(v)) {
        if ('add' in action) {
          known.add(decodeLogPath(action.add.path))
          if (action.add.deletionVector !== undefined) known.add(deletionVectorPath(action.add.deletionVector))
        }
        if ('cdc' in action) known.add(decodeLogPath(action.cdc.path))
      }
    }
    const strays: string[] = []
    for await (const { path } of this.memory.list('')) {
      if (!path.startsWith('_delta_log/') && !known.has(path)) strays.push(path)
    }
    return strays
  }

  async hasVersion(version: number): Promise<boolean> {
    return (await this.memory.head(commitPath(version))) !== undefined
  }
}

export function isCommit(path: string): boolean {
  return path.startsWith('_delta_log/') && path.endsWith('.json')
}

export function sorted(rows: readonly Value[][]): Value[][] {
  return [...rows].sort((a, b) => (rowKey(a) < rowKey(b) ? -1 : 1))
}

/** A text that is the same for the same row. */
export function rowKey(row: readonly Value[]): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    typeof value === 'bigint'
      ? `${value}n`
      : typeof value === 'number'
        ? Object.is(value, -0)
          ? '-0'
          : String(value)
        : value instanceof Uint8Array
          ? Buffer.from(value).toString('hex')
          : value,
  )
}

/** Column mapping by name: what the column is called in files has nothing to do with its name. */
export function mappedField(field: StructField, id: number): StructField {
  return {
    ...field,
    metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': `col-${id}-${field.name.length}` },
  }
}
