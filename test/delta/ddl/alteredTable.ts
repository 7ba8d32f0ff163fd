import { ManualClock } from '../../../shared/clock.js'
import type { Protocol } from '../../../shared/delta/actions/actions.js'
import { alterTable } from '../../../shared/delta/ddl/alterTable.js'
import type { TableChange } from '../../../shared/delta/ddl/tableChange.js'
import { type AppendOptions, appendRows } from '../../../shared/delta/dml/appendRows.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import type { Snapshot } from '../../../shared/delta/snapshot/snapshot.js'
import { createTable, type TableDefinition } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import type { Expressions } from '../../../shared/delta/write/expressions.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import type { WriteOptions } from '../../../shared/delta/write/writeOptions.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { Row, StructType, Value } from '../../../shared/types/index.js'

/** Evaluates `column > number` without an engine; null is neither. */
export const greaterThan: Expressions = {
  test: (rows, condition) => {
    const [, name, limit] = /^(\w+) > (-?\d+)$/.exec(condition) ?? []
    const column = rows.columns.find(({ field }) => field.name === name)
    if (column === undefined) return Promise.reject(new Error(`cannot evaluate ${condition}`))
    return Promise.resolve(
      Uint8Array.from({ length: rows.count }, (_, i) =>
        Number(column.data[i] !== null && Number(column.data[i]) > Number(limit)),
      ),
    )
  },
  evaluate: () => Promise.reject(new Error('not asked for')),
  prune: () => Promise.resolve(undefined),
}

/** A protocol in short: its versions, then what writers must know. */
export function protocolText({ minReaderVersion, minWriterVersion, writerFeatures = [] }: Protocol): string {
  return [minReaderVersion, minWriterVersion, ...writerFeatures].join(' ')
}

/** A table in memory that is made, altered, written and read through the engine's own functions. */
export class AlteredTable {
  readonly clock = new ManualClock(1_700_000_000_000)
  readonly store = new MemoryStore(this.clock)
  readonly table = new DeltaTable(this.store, { clock: this.clock })

  static async create(schema: StructType, definition: Partial<TableDefinition> = {}): Promise<AlteredTable> {
    const made = new AlteredTable()
    const outcome = await made.table.commit(createTable({ schema, createdTime: made.clock.now(), ...definition }))
    if (outcome.kind !== 'committed') throw new Error(outcome.detail)
    return made
  }

  /** The table as another process has it open. */
  other(): DeltaTable {
    return new DeltaTable(this.store, { clock: this.clock })
  }

  async append(rows: readonly Row[], options: AppendOptions = {}, schema?: StructType): Promise<void> {
    const { schema: own } = await this.snapshot()
    const outcome = await appendRows(this.table, [rowsOf(schema ?? own, rows)], { clock: this.clock, ...options })
    if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome))
  }

  /** The version it became, or `nothingToDo`. */
  async alter(changes: TableChange | readonly TableChange[], options: WriteOptions = {}): Promise<number | string> {
    const outcome = await alterTable(
      this.table,
      Array.isArray(changes) ? (changes as readonly TableChange[]) : [changes as TableChange],
      { clock: this.clock, ...options },
    )
    return outcome.kind === 'committed' ? outcome.version : outcome.kind
  }

  async snapshot(version?: number): Promise<Snapshot> {
    const snapshot = await this.table.snapshot(version === undefined ? {} : { version })
    if (snapshot === undefined) throw new Error('there is no table')
    return snapshot
  }

  async rows(version?: number): Promise<readonly Row[]> {
    const scan = scanRows(this.store, await this.snapshot(version))
    const rows: Row[] = []
    for await (const { rows: count, columns } of scan.batches) {
      for (let i = 0; i < count; i++)
        rows.push(
          Object.fromEntries(scan.fields.map(({ name }, c): [string, Value] => [name, columns[c]?.[i] ?? null])),
        )
    }
    return rows
  }

  /** The newest commit's operation and its parameters. */
  async operation(): Promise<readonly unknown[]> {
    const [entry] = await this.table.history(1)
    return [entry?.operation, entry?.operationParameters]
  }
}
