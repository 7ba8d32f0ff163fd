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
 * too, is a note; what was not breaks; what was and would be no more is mended, counted by the reason it had. What the
 * contract leaves out on purpose is no finding.
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
  const columns = [
    '_partition',
    '_offset',
    '_timestamp',
    '_ingested_at',
    '_error_code',
    '_value',
    '_error_path',
    '_error_message',
  ]
  const scan = scanRows(table.store, snapshot, {
    columns,
    predicate: { op: '>=', column: '_ingested_at', value: since },
  })
  const groups: Groups = new Map()
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

type Groups = Map<string, ContractFinding & { count: number }>

function judge(stream: Stream, row: readonly Value[], groups: Groups): void {
  const [, , timestamp, ingestedAt, code, value, path, message] = row
  const outcome = stream.parse(
    value as Uint8Array,
    timestamp === null ? null : milliseconds(timestamp as bigint),
    milliseconds(ingestedAt as bigint),
  )
  const wasTaken = code === null || isExcluded(code as string)
  if (outcome.valid || isExcluded(outcome.rejection.code)) {
    if (wasTaken) return
    const now = outcome.valid ? 'valid now' : `left out now (${outcome.rejection.code})`
    const was = { field: (path ?? '') as string, reason: code as string }
    count(row, groups, { verdict: 'mends', ...was, message: `would be ${now}; rejected as ${message as string}` })
    return
  }
  const { code: reason, path: field, message: why } = outcome.rejection
  const said = outcome.stops === true ? `its partition would be stopped: ${why}` : why
  if (wasTaken) count(row, groups, { verdict: 'breaks', field, reason, message: said })
  else count(row, groups, { verdict: 'note', field, reason, message: `rejected before, too: ${said}` })
}

/** Of records for one reason the first is the example. */
function count(
  [partition, offset]: readonly Value[],
  groups: Groups,
  found: Pick<ContractFinding, 'verdict' | 'field' | 'reason' | 'message'>,
): void {
  const key = JSON.stringify([found.verdict, found.reason, found.field])
  const known = groups.get(key)
  if (known !== undefined) known.count++
  else {
    const example = { partition: partition as number, offset: offset as bigint }
    groups.set(key, { against: 'records', ...found, count: 1, example })
  }
}

const milliseconds = (micros: bigint) => Math.floor(Number(micros) / 1000)
