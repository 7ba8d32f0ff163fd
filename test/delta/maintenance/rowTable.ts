import { ManualClock } from '../../../shared/clock.js'
import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { decodeLogPath } from '../../../shared/delta/actions/dataPath.js'
import { writeDataFile } from '../../../shared/delta/dataFiles/dataFile.js'
import { createTable, type TableDefinition } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { objectStoreSource, openParquet } from '../../../shared/parquet/index.js'
import { MemoryStore, type ObjectStore } from '../../../shared/storage/index.js'
import type { StructType } from '../../../shared/types/index.js'

export const schema: StructType = {
  type: 'struct',
  fields: [
    { name: 'id', type: 'long', nullable: false, metadata: {} },
    { name: 'text', type: 'string', nullable: true, metadata: {} },
    { name: 'p', type: 'string', nullable: true, metadata: {} },
  ],
}

/** A table whose rows are numbers, for tests of what may never lose one. */
export class RowTable {
  readonly clock: ManualClock
  readonly store: MemoryStore
  readonly table: DeltaTable

  private constructor(
    open: (store: ObjectStore, clock: ManualClock) => DeltaTable,
    clock: ManualClock,
    store: MemoryStore,
  ) {
    this.clock = clock
    this.store = store
    this.table = open(store, clock)
  }

  static async create(
    definition: Partial<TableDefinition> = {},
    open: (store: ObjectStore, clock: ManualClock) => DeltaTable = (store, clock) => new DeltaTable(store, { clock }),
    clock = new ManualClock(),
    store = new MemoryStore(clock),
  ): Promise<RowTable> {
    const made = new RowTable(open, clock, store)
    await made
      .other()
      .commit(createTable({ schema, partitionColumns: ['p'], createdTime: made.clock.now(), ...definition }))
    return made
  }

  /** The table seen by another process. */
  other(): DeltaTable {
    return new DeltaTable(this.store, { clock: this.clock })
  }

  /** Commits one file of these rows. */
  async append(ids: readonly number[], partition: string | null = 'a', table = this.table): Promise<AddFile> {
    const add = await this.write(ids, partition)
    await this.commit([{ add }], table)
    return add
  }

  async write(
    ids: readonly number[],
    partition: string | null = 'a',
    store: ObjectStore = this.store,
  ): Promise<AddFile> {
    const [id, text] = schema.fields
    if (id === undefined || text === undefined) throw new Error('no schema')
    const state = await this.other().state()
    if (state === undefined) throw new Error('no table')
    return writeDataFile(
      store,
      { ...state.metadata, schema },
      [
        { field: id, data: BigInt64Array.from(ids.map(BigInt)) },
        { field: text, data: ids.map(n => (n % 5 === 0 ? null : `row ${n}`)) },
      ],
      { p: partition },
      { clock: this.clock },
    )
  }

  async commit(actions: readonly Action[], table = this.table, isBlindAppend = true): Promise<number> {
    const state = await table.state({ fresh: true })
    const outcome = await table.commit({
      readVersion: state?.version ?? -1,
      actions,
      operation: 'WRITE',
      isBlindAppend,
      reads: readsNothing,
    })
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
    return outcome.version
  }

  async files(): Promise<readonly AddFile[]> {
    return (await this.other().snapshot())?.files ?? []
  }

  /** `partition/id:text`, sorted, as the files hold them. */
  async rows(files?: readonly AddFile[]): Promise<readonly string[]> {
    const rows: string[] = []
    for (const add of files ?? (await this.files())) {
      const file = await openParquet(objectStoreSource(this.store, decodeLogPath(add.path), add.size))
      for await (const row of file.rows())
        rows.push(`${add.partitionValues['p'] ?? ''}/${row['id'] as bigint}:${row['text'] as string | null}`)
    }
    return rows.sort()
  }

  async objects(): Promise<readonly string[]> {
    const names: string[] = []
    for await (const { path } of this.store.list('')) names.push(path)
    return names
  }

  /** Names of data files in the store. */
  async dataFiles(): Promise<readonly string[]> {
    return (await this.objects()).filter(name => name.endsWith('.parquet') && !name.startsWith('_'))
  }
}

export function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, i) => from + i)
}
