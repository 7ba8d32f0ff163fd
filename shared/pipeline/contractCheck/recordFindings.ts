import { bronzePath, isExcluded, type Stream } from '../../contract/index.js'
import { scanRows } from '../../delta/index.js'
import type { Value } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { ContractFinding } from './contractFinding.js'

/** Which records of bronze are tried. */
export interface RecordSample {
  /** Milliseconds: those ingested in that time before now. */
  readonly sinceMs: number
  /** At most so many. */
  readonly most: number
}

/** What trying records came to. */
export interface TriedRecords {
  readonly tried: number
  readonly findings: readonly ContractFinding[]
}

/**
 * Judges stored bytes of bronze by today's contract, and counts by reason what it would reject. What was rejected before,
 * too, is a note; what was not breaks. What the contract leaves out on purpose is no finding.
 *
 * @throws RegistryError when schemas cannot be asked for
 */
export async function recordFindings(
  lake: Lake,
  stream: Stream,
  { sinceMs, most }: RecordSample,
): Promise<TriedRecords> {
  const table = lake.table(bronzePath(stream))
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return { tried: 0, findings: [] }
  const since = BigInt(lake.clock.now() - sinceMs) * 1000n
  const columns = ['_partition', '_offset', '_timestamp', '_ingested_at', '_error_code', '_value']
  const scan = scanRows(table.store, snapshot, {
    columns,
    predicate: { op: '>=', column: '_ingested_at', value: since },
  })
  const groups = new Map<string, ContractFinding & { count: number }>()
  let tried = 0
  for await (const batch of scan.batches) {
    const rows = Array.from({ length: batch.rows }, (_, row) => batch.columns.map(column => column[row] ?? null))
      .filter(([, , , ingestedAt, , value]) => value instanceof Uint8Array && (ingestedAt as bigint) >= since)
      .slice(0, most - tried)
    const readable = await lake.formats.readable(
      stream,
      rows.map(row => row[5] as Uint8Array),
    )
    for (const row of rows) judge(readable, row, groups)
    tried += rows.length
    if (tried >= most) break
  }
  return { tried, findings: [...groups.values()].toSorted((a, b) => b.count - a.count) }
}

function judge(stream: Stream, row: readonly Value[], groups: Map<string, ContractFinding & { count: number }>): void {
  const [partition, offset, timestamp, ingestedAt, code, value] = row
  const outcome = stream.parse(
    value as Uint8Array,
    timestamp === null ? null : milliseconds(timestamp as bigint),
    milliseconds(ingestedAt as bigint),
  )
  if (outcome.valid || isExcluded(outcome.rejection.code)) return
  const wasTaken = code === null || isExcluded(code as string)
  const { code: reason, path, message: why } = outcome.rejection
  const message = outcome.stops === true ? `its partition would be stopped: ${why}` : why
  const key = JSON.stringify([wasTaken, reason, path])
  const known = groups.get(key)
  if (known !== undefined) known.count++
  else {
    groups.set(key, {
      against: 'records',
      verdict: wasTaken ? 'breaks' : 'note',
      field: path,
      message: wasTaken ? message : `rejected before, too: ${message}`,
      reason,
      count: 1,
      example: { partition: partition as number, offset: offset as bigint },
    })
  }
}

const milliseconds = (micros: bigint) => Math.floor(Number(micros) / 1000)
