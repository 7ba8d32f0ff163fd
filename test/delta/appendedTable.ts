import { ManualClock } from '../../shared/clock.js'
import { createTable } from '../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../shared/delta/table/table.js'
import { readsNothing, type Transaction } from '../../shared/delta/transaction/transaction.js'
import { MemoryStore, type ObjectStore } from '../../shared/storage/index.js'
import type { StructType } from '../../shared/types/index.js'

export const schema: StructType = {
  type: 'struct',
  fields: [{ name: 'id', type: 'long', nullable: true, metadata: {} }],
}

/** One file of one appender, exactly once: its path says whose and which it is. */
export function append(readVersion: number, appId: string, version: bigint): Transaction {
  return {
    readVersion,
    actions: [
      {
        add: {
          path: `${appId}-${version}.parquet`,
          partitionValues: {},
          size: 1,
          modificationTime: 1,
          dataChange: true,
        },
      },
      { txn: { appId, version } },
    ],
    operation: 'STREAMING UPDATE',
    isBlindAppend: true,
    reads: readsNothing,
  }
}

/** An empty table in memory; each handle that is opened on it stands for a process of its own. */
export async function emptyTable() {
  const clock = new ManualClock()
  const store = new MemoryStore(clock)
  const open = (over: ObjectStore = store) => new DeltaTable(over, { clock, random: () => 0.5 })
  await open().commit(createTable({ schema, createdTime: clock.now() }))
  return { clock, store, open }
}

export async function pathsOf(table: DeltaTable): Promise<string[]> {
  return ((await table.snapshot())?.files ?? []).map(file => file.path).sort()
}
