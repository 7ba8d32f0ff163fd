import { expect, test } from 'vitest'

import { silverPath } from '../../../shared/contract/index.js'
import type { AddFile } from '../../../shared/delta/index.js'
import { SessionTable } from '../../../shared/pipeline/incremental/index.js'
import type { LocatedFile, TableKeyIndex } from '../../../shared/pipeline/keyIndex/index.js'
import { locateKeys } from '../../../shared/pipeline/silver/locateKeys.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { DuckDbSession } from '../../../shared/query/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { SilverFixture } from './silverFixture.js'

const rowsPerFile = 300_000

/** A file of which so many rows lie in stretches that can have a key. */
function located(path: string, sought: number): LocatedFile {
  const stats = JSON.stringify({ numRecords: rowsPerFile })
  const file: AddFile = { path, size: 1, partitionValues: {}, modificationTime: 0, dataChange: true, stats }
  const indexed = { path, size: 1, rows: rowsPerFile, columns: [] } as unknown as LocatedFile['indexed']
  return { file, indexed, stretches: new Map([[7, [1]]]), parts: new Map([[7, [sought, 0, 1, 1, 1]]]) }
}

test('a file is read whole from a third of its rows on, and by its parts below', async () => {
  await using f = await SilverFixture.open()
  await f.bronze([[{ id: 'a', at: 0n, partition: 0, offset: 0n }]])
  await refineSilver(f.lake, events)
  const snapshot = await f.lake.table(silverPath(events)).snapshot()
  if (snapshot === undefined) throw new Error('no silver')
  await using session = await DuckDbSession.open()
  const rows = await SessionTable.create(
    session,
    'batch',
    ['event_id', 'timestamp'],
    `SELECT 'a' AS event_id, TIMESTAMPTZ '2025-04-01 00:00:00Z' AS timestamp`,
  )
  const files = [located('below', rowsPerFile / 3), located('beyond', rowsPerFile / 3 + 1)]
  const index = { locate: () => Promise.resolve({ located: files, unknown: [] }) }
  const all = files.map(({ file }) => file)
  const reads = await locateKeys(events, rows, snapshot, all, { index } as unknown as TableKeyIndex)
  expect(reads.located.map(({ file }) => file.path)).toEqual(['below'])
  expect(reads.whole.map(({ path }) => path)).toEqual(['beyond'])
})
