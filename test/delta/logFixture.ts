import { ManualClock } from '../../shared/clock.js'
import { encodeAction } from '../../shared/delta/actions/actionCodec.js'
import type { Action, AddFile, Protocol } from '../../shared/delta/actions/actions.js'
import { commitPath } from '../../shared/delta/log/logName.js'
import { formatSchema } from '../../shared/delta/schema/schema.js'
import { readSnapshot, type Snapshot } from '../../shared/delta/snapshot/snapshot.js'
import { encodeParquet } from '../../shared/parquet/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import type { ColumnData, StructField, StructType, Value } from '../../shared/types/index.js'

export interface FixtureOptions {
  readonly fields: readonly StructField[]
  readonly partitionColumns?: readonly string[]
  readonly configuration?: Readonly<Record<string, string>>
  readonly protocol?: Protocol
}

/** A table in memory whose log is written line by line, as another engine might have. */
export class LogFixture {
  readonly clock = new ManualClock()
  readonly store = new MemoryStore(this.clock)
  readonly schema: StructType
  #next = 0

  constructor(readonly options: FixtureOptions) {
    this.schema = { type: 'struct', fields: options.fields }
  }

  /** The actions that every first version has. */
  start(): Action[] {
    const {
      partitionColumns = [],
      configuration = {},
      protocol = { minReaderVersion: 1, minWriterVersion: 2 },
    } = this.options
    const metaData = {
      id: 'fixture',
      format: { provider: 'parquet', options: {} },
      schemaString: formatSchema(this.schema),
      partitionColumns,
      configuration,
    }
    return [{ protocol }, { metaData }]
  }

  /** Writes the next version and answers its number. */
  async commit(...actions: Action[]): Promise<number> {
    const version = this.#next++
    const lines = (version === 0 ? [...this.start(), ...actions] : actions).map(action => `${encodeAction(action)}\n`)
    await this.store.put(commitPath(version), Buffer.from(lines.join('')))
    return version
  }

  /** Puts a data file into the store and answers its `add`. */
  async file(
    path: string,
    columns: Readonly<Record<string, ColumnData>>,
    more: Partial<AddFile> = {},
    rowGroupRows?: number,
  ): Promise<AddFile> {
    const fields = new Map(this.options.fields.map(field => [field.name, field]))
    const bytes = encodeParquet(
      Object.entries(columns).map(([name, data]) => ({
        field: fields.get(name) ?? { name, type: 'string', nullable: true },
        data,
      })),
      { rowGroupRows },
    )
    await this.store.put(path, bytes)
    return { path, partitionValues: {}, size: bytes.length, modificationTime: 0, dataChange: true, ...more }
  }

  async snapshot(version?: number): Promise<Snapshot> {
    const snapshot = await readSnapshot(this.store, 0, version)
    if (snapshot === undefined) throw new Error('the fixture has no version yet')
    return snapshot
  }
}

/** Every row of some batches, as arrays in the order of the columns. */
export async function allRows(
  batches: AsyncIterable<{ readonly rows: number; readonly columns: readonly ColumnData[] }>,
): Promise<Value[][]> {
  const rows: Value[][] = []
  for await (const batch of batches) {
    for (let r = 0; r < batch.rows; r++) rows.push(batch.columns.map((data): Value => data[r] ?? null))
  }
  return rows
}

export function columnField(
  name: string,
  type: StructField['type'],
  metadata: Readonly<Record<string, unknown>> = {},
): StructField {
  return { name, type, nullable: true, metadata }
}
