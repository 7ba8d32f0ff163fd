import {
  bronzePath,
  driftPath,
  type RetainedPart,
  scoredPath,
  silverPath,
  type Stream,
  summaryPath,
} from '../../contract/index.js'
import { formatDate } from '../../types/index.js'
import { eventDate, firstKeptDay, isBefore, rowsIn } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { ContractFinding } from './contractFinding.js'

/** Which rows the next maintenance removes under a contract, for their age. */
export async function retentionFindings(lake: Lake, stream: Stream): Promise<readonly ContractFinding[]> {
  const tables: readonly (readonly [RetainedPart, string, string])[] = [
    ['bronze', bronzePath(stream), '_ingest_date'],
    ['silver', silverPath(stream), eventDate],
    ['scored', scoredPath(stream), eventDate],
    ['summary', summaryPath(stream), '_window_date'],
    ['drift', driftPath(stream), '_window_date'],
  ]
  const findings: ContractFinding[] = []
  for (const [part, path, dayColumn] of tables) {
    const table = lake.table(path)
    const firstDay = firstKeptDay(stream.retention[part], await table.store.now())
    const snapshot = firstDay === undefined ? undefined : await table.snapshot()
    const files = snapshot?.files.filter(file => isBefore(file, dayColumn, firstDay)) ?? []
    if (files.length === 0 || firstDay === undefined) continue
    const before = formatDate(firstDay) ?? ''
    const rows = part === 'bronze' ? 'rows, without rejected records that stay,' : 'rows'
    findings.push({
      against: 'table',
      verdict: 'note',
      field: '',
      message: `${path}: retain.${part} lets the next maintenance remove up to ${rowsIn(files)} ${rows} of days before ${before}`,
    })
  }
  return findings
}
