import { ManualClock } from '../../../shared/clock.js'
import type { Action, Metadata, Protocol } from '../../../shared/delta/actions/actions.js'
import { keptFeatures } from '../../../shared/delta/protocol/features.js'
import { type Scannable, scanRows } from '../../../shared/delta/scan/scanRows.js'
import { formatSchema } from '../../../shared/delta/schema/schema.js'
import type { Snapshot } from '../../../shared/delta/snapshot/snapshot.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { rowsOf, TableWriter, type TableWriterOptions } from '../../../shared/delta/write/tableWriter.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { Row, StructField, StructType, Value } from '../../../shared/types/index.js'

export const field = (name: string, type: StructField['type'], more: Partial<StructField> = {}): StructField => ({
  name,
  type,
  nullable: true,
  metadata: {},
  ...more,
})
export const struct = (...fields: readonly StructField[]): StructType => ({ type: 'struct', fields })

/** A table in memory, written and read through the table's own doors. */
export class WrittenTable {
  readonly clock = new ManualClock(1_700_000_000_000)
  readonly store = new MemoryStore(this.clock)
  readonly table = new DeltaTable(this.store, { clock: this.clock })

  /** Metadata and protocol as they stand, whoever would have written them. */
  static async create({
    schema,
    protocol,
    ...metadata
  }: Partial<Metadata> & { readonly schema: StructType; readonly protocol?: Protocol }): Promise<WrittenTable> {
    const made = new WrittenTable()
    const metaData: Metadata = {
      id: 'a-table',
      format: { provider: 'parquet', options: {} },
      partitionColumns: [],
      configuration: {},
      ...metadata,
      schemaString: formatSchema(schema),
    }
    const outcome = await made.table.commit({
      readVersion: -1,
      actions: [{ protocol: protocol ?? { minReaderVersion: 1, minWriterVersion: 2 } }, { metaData }],
      operation: 'CREATE TABLE',
      isBlindAppend: true,
      reads: readsNothing,
      keeps: keptFeatures,
    })
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
    return made
  }

  async snapshot(): Promise<Snapshot> {
    const snapshot = await this.table.snapshot()
    if (snapshot === undefined) throw new Error('there is no table')
    return snapshot
  }

  /** Writes rows with a {@link TableWriter} and commits the files. */
  async append(rows: readonly Row[], options: TableWriterOptions = {}): Promise<void> {
    const snapshot = await this.snapshot()
    const writer = new TableWriter(this.store, snapshot, { clock: this.clock, ...options })
    await writer.write(rowsOf(snapshot.schema, rows))
    await this.commit((await writer.finish()).map(add => ({ add })))
  }

  async commit(actions: readonly Action[]): Promise<number> {
    const { version } = await this.snapshot()
    const outcome = await this.table.commit({
      readVersion: version,
      actions,
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
      keeps: keptFeatures,
    })
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
    return outcome.version
  }

  async rows(of?: Scannable): Promise<readonly Row[]> {
    const scan = scanRows(this.store, of ?? (await this.snapshot()))
    const rows: Row[] = []
    for await (const { rows: count, columns } of scan.batches) {
      for (let i = 0; i < count; i++) {
        rows.push(
          Object.fromEntries(scan.fields.map(({ name }, c): [string, Value] => [name, columns[c]?.[i] ?? null])),
        )
      }
    }
    return rows
  }

  async objects(): Promise<readonly string[]> {
    const names: string[] = []
    for await (const { path } of this.store.list('')) if (!path.startsWith('_delta_log/')) names.push(path)
    return names
  }
}
