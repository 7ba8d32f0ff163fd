import { bronzeTable, type Stream } from '../../contract/index.js'
import type { DataFileLayout } from '../../delta/index.js'
import { type OpenedTable, openTable } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { watchTime } from './ingestionTime.js'

/** A stream's bronze table, created or compared with the contract. */
export async function openBronze(lake: Lake, stream: Stream): Promise<OpenedTable> {
  const [table] = await Promise.all([openTable(lake, bronzeTable(stream)), watchTime(lake, stream)])
  return table
}

/** What the writer of a data file must know of a table. */
export function layoutOf({ schema, state }: OpenedTable): DataFileLayout {
  return { schema, partitionColumns: state.metadata.partitionColumns, configuration: state.metadata.configuration }
}
