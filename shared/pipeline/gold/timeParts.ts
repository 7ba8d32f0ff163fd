import type { Stream } from '../../contract/index.js'
import type { AddFile, TableState } from '../../delta/index.js'
import { identifier, openDeltaView } from '../../query/index.js'
import { rowsIn, timeAt } from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'

/** The table that files are of. */
interface SourceTable {
  /** Its folder in the lake. */
  readonly path: string
  readonly state: Pick<TableState, 'metadata' | 'schema'>
}

/**
 * Conditions that part the rows of files into so many at a time, about: every row fulfils one of them and no other. They are
 * stretches of event time, which files are sorted by, so that little is read twice. A compacted file has more rows than
 * are worked on at once.
 */
export async function timeParts(
  lake: Lake,
  stream: Stream,
  { path, state }: SourceTable,
  files: readonly AddFile[],
  rows: number,
): Promise<readonly string[]> {
  const parts = Math.ceil(rowsIn(files) / rows)
  if (parts < 2) return ['true']
  await using session = await openSession(lake)
  const store = lake.store.within(path)
  const time = identifier(stream.eventTime)
  using view = await openDeltaView(session, lake.files, { store, state, files, columns: [stream.eventTime] })
  const { least, most } = await session.row(
    `SELECT epoch_us(min(${time})) AS least, epoch_us(max(${time})) AS most FROM (${view.sql})`,
  )
  if (typeof least !== 'bigint' || typeof most !== 'bigint' || least === most) return ['true']
  const cuts = new Set<bigint>()
  for (let part = 1; part < parts; part++) cuts.add(least + ((most - least) * BigInt(part)) / BigInt(parts))
  cuts.delete(least)
  const times = [...cuts].map(cut => timeAt(stream, cut))
  return [undefined, ...times].map((from, i) => {
    const until = times[i]
    const before = until === undefined ? 'true' : `${time} < ${until}`
    // A row without a time, which another writer may have left, is in the first part.
    return from === undefined ? `(${before} OR ${time} IS NULL)` : `${time} >= ${from} AND ${before}`
  })
}
