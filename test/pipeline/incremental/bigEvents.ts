import { silverPath, type Stream, type TableSpec } from '../../../shared/contract/index.js'
import type { AddFile, TableState } from '../../../shared/delta/index.js'
import { type AllRows, type Derivation, type OpenedTable, rowsIn } from '../../../shared/pipeline/incremental/index.js'
import { type Lake, openSession } from '../../../shared/pipeline/lake/index.js'
import { copyToParquet, openDeltaView, publishFile } from '../../../shared/query/index.js'

/** A derived table that the product does not have, as somebody would add one: silver's events of great value. */

const select = (events: string) =>
  `SELECT event_id, CAST("value" * 100 AS BIGINT) AS cents FROM (${events}) WHERE "value" >= 1000`

export const bigEventsTable = (stream: Stream): TableSpec => ({
  path: `gold/${stream.name}_big`,
  description: 'Events with a value of a thousand and more.',
  schema: {
    type: 'struct',
    fields: [
      { name: 'event_id', type: 'string', nullable: true },
      { name: 'cents', type: 'long', nullable: true },
    ],
  },
  partitionColumns: [],
})

export function bigEvents(lake: Lake, stream: Stream, maxRows = 1000): Derivation {
  const spec = bigEventsTable(stream)
  return {
    source: { path: silverPath(stream), madeBy: 'lake run silver' },
    target: { spec, carriesColumns: false, layer: 'gold', rebuiltBy: 'rebuild the big events' },
    piece: { rows: maxRows, bytes: 2 ** 30 },
    detail: { table: spec.path },
    apply: ({ source, target, files }) => write(lake, stream, source, target, files),
    rebuild: ({ source, target }) => write(lake, stream, source, target, source.files),
  }
}

async function write(
  lake: Lake,
  stream: Stream,
  source: TableState,
  { table, state, schema }: OpenedTable,
  files: readonly AddFile[],
): Promise<AllRows> {
  await using session = await openSession(lake)
  using view = await openDeltaView(session, lake.files, {
    store: lake.store.within(silverPath(stream)),
    state: source,
    files,
  })
  const copy = { select: select(view.sql), table: { ...state.metadata, schema }, partitionValues: {} }
  const file = await copyToParquet(session, copy)
  const adds = file === undefined ? [] : [await publishFile(table.store, file, lake.clock)]
  const rows = file?.rows ?? 0
  return { adds, rows, rowsRead: rowsIn(files), info: { rows }, detail: { files: adds.length } }
}
