import type { Stream } from '../../shared/contract/index.js'
import { type PageData, pageData, type PageRequest } from '../../shared/page/pageData.js'
import { type Overview } from '../../shared/pipeline/overview/index.js'
import { addSamples, emptyTimeline, tableMeasures } from '../../shared/pipeline/overview/index.js'
import type { StreamPause } from '../../shared/pipeline/pause/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { defaultPrices } from '../../shared/telemetry/index.js'
import type { Row } from '../../shared/types/index.js'
import { events } from '../harness/sampleStream/events.js'

/** When pages of tests are looked at. */
export const now = Date.UTC(2025, 3, 1, 12, 0, 30)

const settings = { ...readSettings({}), prices: defaultPrices, lakeUrl: 'memory://lake', hasSql: true }

/** A page of that overview, a minute behind its newest rows. */
export function dataOf(
  overview: Overview | undefined,
  request: Partial<PageRequest> = {},
  streams: readonly Stream[] = [events],
  more: Partial<typeof settings> = {},
  pauses: ReadonlyMap<string, StreamPause> = new Map(),
): PageData {
  const asked = { range: '1h', sql: undefined, code: undefined, ...request } as const
  return pageData({ overview, pauses }, streams, { ...settings, ...more }, asked, now)
}

/** An overview whose tables have those rows, and an hour of values. */
export function overviewOf(rows: readonly Row[], more: Partial<Overview> = {}): Overview {
  const at = now - 60_000
  const tables = rows.map(row => {
    const name = row['table_name'] as string
    const samples = Array.from({ length: 50 }, (_, n) => ({
      at: at - n * 60_000,
      values: { p50: 0.2, p95: 0.9 + n / 100, p99: 2, kafkaP99: 0.4, lag: n % 7, rows: 100, freshness: 3 },
    }))
    const timeline = addSamples(emptyTimeline(tableMeasures), tableMeasures, samples, now)
    const changes = [{ at: at - 3_600_000, status: row['status'] as string }]
    return [name, { row: { run_time: BigInt(at) * 1000n, ...row }, changes, timeline }]
  })
  return {
    writtenAt: at,
    tables: Object.fromEntries(tables) as Overview['tables'],
    tasks: [],
    days: {},
    events: [],
    examples: [],
    models: [],
    read: { monitor_logs: { id: 'm', version: 1 } },
    ...more,
  }
}

/** Rows of the sample stream's tables as a run of the monitor leaves them. */
export function rowsOf(stream = 'events', more: Row = {}): readonly Row[] {
  const row = (layer: string, table: string, special: Row = {}): Row => ({
    table_name: table,
    stream,
    layer,
    status: 'OK',
    reason: 'The newest event is 3 s old.',
    freshness_seconds: 3,
    rows_total: 1_234_567n,
    files: 12n,
    small_files: 3n,
    bytes: 1_000_000n,
    versions_since_checkpoint: 7n,
    identity_closed: true,
    identity: 'received 10 = valid 10',
    ...special,
    ...more,
  })
  const bronze = {
    lag: 5n,
    seconds_to_drain: 0.5,
    partition_lags: '{"0":2,"1":3}',
    received: 1_234_567n,
    redelivered: 0n,
    valid: 1_234_500n,
    quarantined: 67n,
    tombstones: 0n,
    dropped: 0n,
    filtered: 0n,
    quarantine_backlog: 60n,
    quarantine_reasons: '{"NOT_JSON":{"count":60,"oldestSeconds":90},"NOT_UTF8":{"count":0,"oldestSeconds":null}}',
    rejections: '{"NOT_JSON":67,"NOT_UTF8":0}',
    expectations: '{"value is finite":0}',
  }
  return [
    row('bronze', `bronze.${stream}`, bronze),
    row('silver', `silver.${stream}`, { valid: 1_234_500n, inserted: 1_234_000n, duplicates: 500n }),
    row('gold', `gold.${stream}_scored`),
    row('summary', `gold.${stream}_summary`),
  ]
}
