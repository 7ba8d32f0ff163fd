import { rejectionCodes, sqlName } from '../../contract/index.js'
import { elapsedMs } from '../../storage/index.js'
import { redact } from '../../telemetry/index.js'
import type { Row } from '../../types/index.js'
import type { Skew } from './clockSkew.js'
import { type Lag, lagToHighWatermark } from './lag.js'
import type { Found } from './observeTables.js'
import { backlogOf, type Balance, type Layer, type Reconciliation, type Span } from './reconciliation.js'
import type { Verdict } from './status.js'
import { type TablePosition } from './tablePositions.js'

/** What one row of `monitor_logs` is made of. */
export interface Observation {
  readonly path: string
  readonly stream: string
  readonly layer: Layer
  /** Milliseconds of the storage's clock. */
  readonly runTime: number
  readonly verdict: Verdict
  readonly isPaused: boolean
  /** Undefined when the table does not exist. */
  readonly position: TablePosition | undefined
  readonly reconciliation: Reconciliation
  readonly found: Found
  readonly balance: Balance | undefined
  /** Only of bronze. */
  readonly lag: Lag | undefined
  readonly span: Span | undefined
  readonly secondsToDrain: number | undefined
  readonly versionsSinceCheckpoint: number | undefined
  /** Seconds; undefined where there is no event yet. */
  readonly freshness: number | undefined
  readonly skew: Skew
  /** Since the last run. */
  readonly newly: { readonly missing: number; readonly quarantined: number }
  /** Of the stream: fields that records have and the contract lacks, as JSON. */
  readonly undeclared: string
  /** Only of scored rows: how long a fault of the model has lasted, in seconds. */
  readonly modelFault: number | undefined
}

/** An observation as a row. */
export function monitorRow(o: Observation): Row {
  const newest = o.reconciliation.newest[o.layer]
  const { reported, observed, silver } = o.reconciliation
  const bronze = o.layer === 'bronze'
  return {
    run_time: BigInt(Math.round(o.runTime)) * 1000n,
    table_name: sqlName(o.path),
    stream: o.stream,
    layer: o.layer,
    status: o.verdict.status,
    reason: redact(o.verdict.reason),
    table_version: o.position === undefined ? null : BigInt(o.position.version),
    newest_event_time: newest === 0 ? null : BigInt(Math.round(newest)),
    freshness_seconds: o.freshness ?? null,
    queryable_p50_seconds: o.found.p50 ?? null,
    queryable_p95_seconds: o.found.p95 ?? null,
    queryable_p99_seconds: o.found.p99 ?? null,
    kafka_queryable_p50_seconds: o.found.kafkaP50 ?? null,
    kafka_queryable_p99_seconds: o.found.kafkaP99 ?? null,
    last_commit_seconds: secondsSince(o.found.lastCommitAt, o.runTime),
    rows_added: whole(o.found.rows),
    rows_total: whole(
      {
        bronze: observed.rows,
        silver: o.reconciliation.silverRows,
        gold: o.reconciliation.scoredRows,
        summary: o.reconciliation.summary.rows,
      }[o.layer],
    ),
    late_count: whole(o.found.late),
    stale_count: whole(o.found.stale),
    lag: o.lag?.total ?? null,
    max_partition_lag: o.lag?.worst ?? null,
    partition_lags: o.lag?.total === undefined ? null : lagsText(o.lag),
    lag_high_watermark: o.lag === undefined ? null : (lagToHighWatermark(o.lag) ?? null),
    seconds_to_drain: o.secondsToDrain ?? null,
    received: bronze ? whole(reported.received) : null,
    redelivered: bronze ? whole(reported.redelivered) : null,
    valid: bronze ? whole(observed.valid) : o.layer === 'silver' ? whole(silver.read) : null,
    quarantined: bronze ? whole(observed.quarantined) : null,
    tombstones: bronze ? whole(observed.tombstones) : null,
    dropped: bronze ? whole(observed.dropped) : null,
    filtered: bronze ? whole(observed.filtered) : null,
    erased: bronze ? whole(observed.erased) : o.layer === 'silver' ? whole(silver.erased) : null,
    expired: whole(expiredOf(o)),
    ...quarantineColumns(o),
    replayed: o.layer === 'silver' ? whole(silver.replayed) : null,
    missing_offsets: o.span?.missing ?? null,
    natural_holes: o.span?.holes ?? null,
    covered_span: o.span?.covered ?? null,
    deleted: o.position === undefined ? null : whole(o.reconciliation.deleted[o.layer]),
    inserted: o.layer === 'silver' ? whole(silver.inserted) : null,
    duplicates: o.layer === 'silver' ? whole(silver.duplicates) : null,
    anomalies: o.layer === 'gold' ? whole(o.reconciliation.anomalies) : null,
    identity_closed: o.balance?.balanced ?? null,
    identity: o.balance?.text ?? null,
    ...(bronze ? bronzeTexts(o) : { rejections: null, expectations: null, notices: null, undeclared_fields: null }),
    files: o.position === undefined ? null : whole(o.position.files),
    small_files: o.position === undefined ? null : whole(o.position.smallFiles),
    bytes: o.position === undefined ? null : whole(o.position.bytes),
    clock_skew_seconds: skewSeconds(o.skew),
    versions_since_checkpoint: o.versionsSinceCheckpoint === undefined ? null : whole(o.versionsSinceCheckpoint),
    newly_missing: bronze ? whole(o.newly.missing) : null,
    newly_quarantined: bronze ? whole(o.newly.quarantined) : null,
    stopped_partitions: o.lag === undefined ? null : whole(o.lag.stopped.length),
    model_fault_seconds: o.modelFault ?? null,
    paused: o.isPaused,
  }
}

function bronzeTexts({ reconciliation: { rejections, expectations, notices }, undeclared }: Observation): Row {
  return {
    rejections: JSON.stringify(rejections),
    expectations: JSON.stringify(expectations),
    notices: JSON.stringify(notices),
    undeclared_fields: undeclared,
  }
}

function quarantineColumns({ layer, reconciliation, runTime }: Observation): Row {
  const { waiting } = reconciliation
  const bronze = layer === 'bronze'
  return {
    quarantine_backlog: bronze ? nullable(backlogOf(reconciliation)) : null,
    quarantine_oldest_seconds: bronze ? oldestSeconds(waiting, runTime) : null,
    quarantine_reasons: bronze ? reasonsText(waiting, runTime) : null,
  }
}

function expiredOf({ layer, reconciliation: { reported, silver, scored, summarised } }: Observation): number {
  return { bronze: reported, silver, gold: scored, summary: summarised }[layer].expired
}

/** Null where the time is not known, or lies in the future. */
function secondsSince(at: number | undefined, now: number): number | null {
  const ms = at === undefined ? undefined : elapsedMs(at, now)
  return ms === undefined ? null : ms / 1000
}

function skewSeconds({ ahead, behind }: Skew): number | null {
  if (ahead === 0 && behind === 0) return null
  return (ahead >= behind ? ahead : -behind) / 1000
}

const ageSeconds = (micros: number, now: number) => Math.max(0, now / 1000 - micros / 1e6)

function oldestSeconds(waiting: Reconciliation['waiting'], now: number): number | null {
  const oldest = Object.values(waiting ?? {}).flatMap(({ count, oldest: at }) => (count > 0 ? [at] : []))
  return oldest.length === 0 ? null : ageSeconds(Math.min(...oldest), now)
}

/** Every partition that moves, zeros too. */
function lagsText({ partitions }: Lag): string {
  const lags = partitions.map(({ partition, next, end }) => `"${partition}":${end > next ? end - next : 0n}`)
  return `{${lags.join(',')}}`
}

/** Every reason, zeros too. */
function reasonsText(waiting: Reconciliation['waiting'], now: number): string | null {
  if (waiting === undefined) return null
  const reasons = rejectionCodes.map(code => {
    const { count = 0, oldest } = waiting[code] ?? {}
    return [code, { count, oldestSeconds: oldest === undefined || count === 0 ? null : ageSeconds(oldest, now) }]
  })
  return JSON.stringify(Object.fromEntries(reasons))
}

const nullable = (n: number | undefined) => (n === undefined ? null : whole(n))
const whole = (n: number) => BigInt(Math.round(n))
