import { silverTable, type Stream } from '../../../shared/contract/index.js'
import { type Action, createTable, readsNothing } from '../../../shared/delta/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { copyToParquet, DuckDbSession, publishFile } from '../../../shared/query/index.js'
import type { Row } from '../../../shared/types/index.js'
import { rowsOf } from '../gold/goldFixture.js'

/** 2025-04-01T00:00:00Z, microseconds. */
const day0 = 1_743_465_600_000_000n

/** What differs from the usual rows of silver, as SQL over the row's number `i`. */
export interface SilverRows {
  readonly from?: number
  readonly to: number
  readonly type?: string
  readonly value?: string
  /** Microseconds since midnight. */
  readonly time?: string
}

/** A random number in [0, 1) of the row. */
const random = (name: string) => `((hash(i, '${name}') >> 11)::DOUBLE / 9007199254740992.0)`

/** About −1.5 to 1.5, most near 0. */
const bell = (name: string) => `(${random(`${name}1`)} + ${random(`${name}2`)} + ${random(`${name}3`)} - 1.5)`

/**
 * Commits rows to silver: purchases at noon of about 8000, clicks in the afternoon of about 2000, views in the evening
 * of about 300.
 */
export async function writeSilver(lake: Lake, stream: Stream, rows: SilverRows): Promise<void> {
  const spec = silverTable(stream)
  const table = lake.table(spec.path)
  if ((await table.state({ fresh: true })) === undefined)
    await table.commit(createTable({ ...spec, createdTime: lake.clock.now() }))
  const state = await table.state({ fresh: true })
  if (state === undefined) throw new Error('silver cannot be found')
  const kind = `CASE WHEN ${random('kind')} < 0.2 THEN 0 WHEN ${random('kind')} < 0.6 THEN 1 ELSE 2 END`
  const type = rows.type ?? `['purchase', 'click', 'view'][kind + 1]`
  const value = rows.value ?? `[8000, 2000, 300][kind + 1] * (1 + 0.3 * ${bell('value')})`
  const time = rows.time ?? `([12, 15, 20][kind + 1] + 2 * ${bell('time')}) * 3.6e9`
  await using session = await DuckDbSession.open({ memoryLimit: 512 * 2 ** 20 })
  const file = await copyToParquet(session, {
    select: `
      SELECT 'e' || i AS event_id, ${type} AS event_type,
        make_timestamptz(${day0}::BIGINT + CAST(${time} AS BIGINT)) AS "timestamp", CAST(${value} AS DOUBLE) AS value,
        'events' AS _topic, 0 AS _generation, CAST(i % 4 AS INTEGER) AS _partition, i AS _offset,
        make_timestamptz(${day0}::BIGINT) AS _ingested_at, false AS _late,
        make_timestamptz(${day0}::BIGINT) AS _timestamp
      FROM (SELECT i, ${kind} AS kind FROM range(${rows.from ?? 0}, ${rows.to}) AS t(i))`,
    table: { ...spec, configuration: {} },
    partitionValues: { _event_date: '2025-04-01' },
  })
  if (file === undefined) return
  const add: Action = { add: { ...(await publishFile(table.store, file, lake.clock)), dataChange: true } }
  const outcome = await table.commit({
    readVersion: state.version,
    actions: [add],
    operation: 'WRITE',
    isBlindAppend: true,
    reads: readsNothing,
  })
  if (outcome.kind !== 'committed') throw new Error(outcome.detail)
}

/** The rows of `model_runs`, in the order in which they were written. */
export const modelRuns = (lake: Lake): Promise<readonly Row[]> =>
  rowsOf(
    lake,
    'model_runs',
    "SELECT * FROM t ORDER BY run_time, CASE event WHEN 'trained' THEN 0 WHEN 'registered' THEN 1 ELSE 2 END",
  )
