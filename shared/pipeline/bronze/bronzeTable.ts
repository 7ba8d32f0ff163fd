import { bronzeTable } from '../../contract/tables.js'
import type { Stream } from '../../contract/stream.js'
import type { DataFileLayout } from '../../delta/dataFiles/dataFile.js'
import { openEvolving, type EvolvingTable } from '../incremental/openTable.js'
import type { Lake } from '../lake/lake.js'

/** A stream's bronze table, created or compared with the contract. */
export function openBronze(lake: Lake, stream: Stream): Promise<EvolvingTable> {
  return openEvolving(lake, bronzeTable(stream))
}

/** What the writer of a data file must know of a table. */
export function layoutOf({ schema, state }: EvolvingTable): DataFileLayout {
  return { schema, partitionColumns: state.metadata.partitionColumns, configuration: state.metadata.configuration }
}
