import { bronzeTable, lineage, type Stream } from '../../contract/index.js'
import { type Snapshot, writeDataFile } from '../../delta/index.js'
import { openExpression } from '../../query/condition/index.js'
import type { ScalarExpression } from '../../query/index.js'
import { valuesOf } from '../../sources/index.js'
import { MemoryStore } from '../../storage/index.js'
import type { Row } from '../../types/index.js'
import { columnsOf } from '../incremental/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { placeOf, recordOutcomes, type ResolutionNote } from '../outcomes/index.js'
import { reportStep, startStep, type StepResult, type Trigger } from '../step/index.js'
import { loadQuarantined, slicesOf, sliceSql } from './quarantinedRecords.js'
import type { QuarantineFilter } from './quarantineFilter.js'
import { type ReplayedRows, replayRows, type StagedRows } from './replayRows.js'
import { type Remaining, type RevalidatedStream, revalidateRecord, type Revalidation } from './revalidateRecord.js'
import { wholeColumns, type WholeRecord, wholeRecord } from './wholeRecords.js'

/** Who replays, and how. */
export interface ReplayOptions {
  readonly by: string
  readonly why?: string | undefined
  /** One scalar DuckDB expression over `_value`. */
  readonly fix?: string | undefined
  readonly trigger?: Trigger | undefined
  /** Validates, and brings nothing. */
  readonly dryRun?: boolean | undefined
}

/** Records that stay in quarantine for one reason. */
export interface RemainingGroup {
  readonly reason: Remaining['code']
  readonly field: string
  readonly count: number
  /** The first of them. */
  readonly example: { readonly partition: number; readonly offset: bigint; readonly message: string }
}

/** What a replay did: `read` is `valid` and the counts of `remaining` together. */
export interface ReplayReport {
  readonly stream: string
  readonly read: number
  /** Valid by today's contract; `replayed`, `duplicates`, `alreadyThere` and `expired` together, but of a dry run. */
  readonly valid: number
  /** New rows of silver; `late` are of them. */
  readonly replayed: number
  readonly late: number
  /** Their keys are in silver already, or came twice. */
  readonly duplicates: number
  /** Brought by somebody else meanwhile. */
  readonly alreadyThere: number
  /** Of days that silver no longer keeps. */
  readonly expired: number
  readonly remaining: readonly RemainingGroup[]
  /** Silver's last version with replayed rows. */
  readonly version: number | undefined
}

/** Bytes of values and records that are validated, and committed, at once. */
const sliceBytes = 64 * 2 ** 20
const sliceRecords = 20_000

/**
 * Validates quarantined records with today's contract and brings those that are valid now to silver, each once, however
 * often it is called, killed, or run beside others. What is not valid stays, with the reason that it has now. A record
 * that was replayed before, and that silver has lost since, comes back by the fix that is recorded of it.
 *
 * @throws QueryError QUERY_BAD_SQL for a fix that is not one scalar expression; PipelineError as `replayRows`
 */
export async function replayQuarantine(
  lake: Lake,
  stream: Stream,
  filter: QuarantineFilter,
  options: ReplayOptions,
): Promise<ReplayReport> {
  await using fixes = new Fixes()
  if (options.fix !== undefined) await fixes.get(options.fix)
  // Outcomes that an earlier replay did not record come first: its rows are in silver.
  if (options.dryRun !== true) await recordOutcomes(lake, stream)
  const report = new Report(stream)
  await using session = await openSession(lake)
  const found = await loadQuarantined(session, lake, stream, filter, wholeColumns)
  if (found === undefined) return report.finish()
  for (const slice of await slicesOf(found.rows, sliceBytes, sliceRecords)) {
    const { rows } = await session.query(sliceSql(found.rows, slice))
    const groups = new Map<string | undefined, Row[]>()
    const readable = await lake.formats.readable(stream, valuesOf(rows.map(wholeRecord)))
    for (const row of rows) {
      const recorded = row['recorded_fix'] as string | null
      const { revalidation, fix } = await revalidate(
        { stream, readable },
        wholeRecord(row),
        fixes,
        options.fix,
        recorded ?? undefined,
      )
      report.revalidated(wholeRecord(row), revalidation)
      if (!revalidation.valid) continue
      const group = groups.get(fix) ?? []
      group.push(validRow(row, revalidation.row))
      groups.set(fix, group)
    }
    if (options.dryRun === true) continue
    for (const [fix, valid] of groups) {
      const note = { by: options.by, why: options.why, fix, at: await lake.store.now() }
      const staged = await stage(lake, stream, found.bronze, valid)
      report.brought(await bring(lake, stream, staged, note, options.trigger ?? 'command'))
    }
  }
  return report.finish()
}

/** By the fix that is asked for; without one as it is, and then by the fix that is recorded of it. */
async function revalidate(
  stream: RevalidatedStream,
  record: WholeRecord,
  fixes: Fixes,
  asked: string | undefined,
  recorded: string | undefined,
): Promise<{ readonly revalidation: Revalidation; readonly fix: string | undefined }> {
  const revalidation = await revalidateRecord(stream, record, asked === undefined ? undefined : await fixes.get(asked))
  if (revalidation.valid || asked !== undefined || recorded === undefined) return { revalidation, fix: asked }
  const again = await revalidateRecord(stream, record, await fixes.get(recorded))
  return again.valid ? { revalidation: again, fix: recorded } : { revalidation, fix: undefined }
}

/** The record's own columns without its error and bytes, and the contract's. */
function validRow(bronze: Row, contract: Row): Row {
  const own = [...lineage, '_timestamp', '_ingested_at'].map(name => [name, bronze[name] ?? null] as const)
  return { ...contract, ...Object.fromEntries(own) }
}

/** Valid rows in a file of bronze's columns, in this process's memory. */
async function stage(
  lake: Lake,
  stream: Stream,
  { metadata, txns }: Snapshot,
  rows: readonly Row[],
): Promise<StagedRows> {
  const { schema, partitionColumns } = bronzeTable(stream)
  const store = new MemoryStore(lake.clock)
  const fields = schema.fields.filter(({ name }) => !partitionColumns.includes(name))
  const layout = { schema, partitionColumns, configuration: {} }
  const file = await writeDataFile(store, layout, columnsOf(fields, rows), { _ingest_date: null }, lake)
  return { store, file, bronze: { metadata, schema, txns }, places: rows.map(placeOf) }
}

/** Brings valid rows to silver, as a run of its own. */
async function bring(
  lake: Lake,
  stream: Stream,
  staged: StagedRows,
  note: ResolutionNote,
  trigger: Trigger,
): Promise<ReplayedRows> {
  const run = startStep(lake, { step: 'replay', stream: stream.name, trigger, rethrow: true })
  const replayed = replayRows(lake, stream, run, staged, note)
  await reportStep(lake, run, resultOf(staged, replayed))
  return await replayed
}

async function resultOf({ places }: StagedRows, replayed: Promise<ReplayedRows>): Promise<StepResult> {
  const { inserted, late, duplicates, alreadyThere, version } = await replayed
  const detail = { inserted, late, duplicates: duplicates.length, alreadyThere: alreadyThere.length }
  return { rowsIn: places.length, rowsOut: inserted, version, detail }
}

/** Expressions that are open, each once. */
class Fixes implements AsyncDisposable {
  readonly #open = new Map<string, ScalarExpression>()

  async get(text: string): Promise<ScalarExpression> {
    let fix = this.#open.get(text)
    if (fix === undefined) this.#open.set(text, (fix = await openExpression(text, '_value')))
    return fix
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fix of this.#open.values()) await fix[Symbol.asyncDispose]()
  }
}

/** Gathers what becomes of records. */
class Report {
  readonly #stream: Stream
  readonly #remaining = new Map<string, RemainingGroup>()
  #read = 0
  #valid = 0
  #replayed = 0
  #late = 0
  #duplicates = 0
  #alreadyThere = 0
  #expired = 0
  #version: number | undefined

  constructor(stream: Stream) {
    this.#stream = stream
  }

  revalidated({ partition, offset }: WholeRecord, revalidation: Revalidation): void {
    this.#read++
    if (revalidation.valid) {
      this.#valid++
      return
    }
    const { code, path, message } = revalidation.rejection
    const id = `${code} ${path}`
    const known = this.#remaining.get(id)
    const example = known?.example ?? { partition, offset, message }
    this.#remaining.set(id, { reason: code, field: path, count: (known?.count ?? 0) + 1, example })
  }

  brought({ inserted, late, duplicates, alreadyThere, expired, version }: ReplayedRows): void {
    this.#replayed += inserted
    this.#late += late
    this.#duplicates += duplicates.length
    this.#alreadyThere += alreadyThere.length
    this.#expired += expired.length
    this.#version = version ?? this.#version
  }

  finish(): ReplayReport {
    return {
      stream: this.#stream.name,
      read: this.#read,
      valid: this.#valid,
      replayed: this.#replayed,
      late: this.#late,
      duplicates: this.#duplicates,
      alreadyThere: this.#alreadyThere,
      expired: this.#expired,
      remaining: [...this.#remaining.values()].sort((a, b) => b.count - a.count),
      version: this.#version,
    }
  }
}
