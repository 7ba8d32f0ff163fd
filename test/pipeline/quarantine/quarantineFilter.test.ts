import { describe, expect, test } from 'vitest'

import { bronzeTable } from '../../../shared/contract/index.js'
import { filesThatMayMatch } from '../../../shared/delta/index.js'
import {
  filterPredicate,
  filterSql,
  type QuarantineFilter,
} from '../../../shared/pipeline/quarantine/quarantineFilter.js'
import { DuckDbSession } from '../../../shared/query/index.js'
import { events } from '../../harness/sampleStream/events.js'

const noon = 1_743_508_800_000_000n
/** Records by how far after noon they were ingested, in microseconds. */
const ingested = [-1n, 0n, 1n]

/** Which of the records a filter means. */
async function meant(filter: QuarantineFilter): Promise<readonly bigint[]> {
  await using session = await DuckDbSession.open({ threads: 1 })
  const rows = ingested.map(after => `(${after}, make_timestamptz(${noon + after}::BIGINT), 'NOT_JSON')`)
  const { rows: found } = await session.query(`
    SELECT after::BIGINT AS after FROM (VALUES ${rows.join(', ')}) AS t(after, _ingested_at, _error_code)
    WHERE ${filterSql(filter)} ORDER BY after`)
  return found.map(({ after }) => after as bigint)
}

/** Of a file with nothing but records of that time, whether it is read for a filter. */
function isRead(after: bigint, filter: QuarantineFilter): boolean {
  const time = new Date(Number((noon + after) / 1000n)).toISOString()
  const bounds = { _ingested_at: time, _error_code: 'NOT_JSON' }
  const file = {
    path: 'f.parquet',
    partitionValues: { _ingest_date: '2025-04-01' },
    size: 1,
    modificationTime: 0,
    dataChange: true,
    stats: JSON.stringify({ numRecords: 3, minValues: bounds, maxValues: bounds, nullCount: { _error_code: 0 } }),
  }
  const { schema, partitionColumns } = bronzeTable(events)
  const metadata = {
    id: 'id',
    format: { provider: 'parquet', options: {} },
    schemaString: '',
    partitionColumns,
    configuration: {},
  }
  return filesThatMayMatch({ schema, metadata }, [file], filterPredicate(filter)).length > 0
}

describe('a span of time', () => {
  test('has its beginning and not its end: two spans that follow one another have each record once', async () => {
    expect(await meant({ since: noon })).toEqual([0n, 1n])
    expect(await meant({ until: noon })).toEqual([-1n])
    expect(await meant({ since: noon, until: noon + 1n })).toEqual([0n])
  })

  test('reads the files at its very beginning', () => {
    expect(isRead(0n, { since: noon })).toBe(true)
    expect(isRead(0n, { since: noon + 1_000_000n })).toBe(false)
    expect(isRead(0n, { until: noon - 1_000_000n })).toBe(false)
    expect(isRead(0n, { since: noon - 1_000_000n, until: noon + 1_000_000n })).toBe(true)
  })
})
