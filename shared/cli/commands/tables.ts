import { bronzePath, quarantineName, sqlName, tablePath } from '../../contract/tables.js'
import type { JsonObject } from '../../delta/json.js'
import { liveRowCount } from '../../delta/recordCount.js'
import type { Snapshot } from '../../delta/snapshot.js'
import type { Lake } from '../../pipeline/lake.js'
import { withLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { printRecords } from '../printRecords.js'
import { formatOf } from '../shell.js'
import { lakeTableNames } from '../tableNames.js'

export const tables: Command = {
  usage: 'tables',
  summary: "list the lake's tables",
  about:
    "Lists the lake's tables with their newest version, files, bytes, rows (null where a file's statistics do not " +
    'say) and when they last changed.',
  positionals: { least: 0, most: 0 },
  options: {},
  async run(shell, args) {
    const format = formatOf(shell, args)
    const records = await withLake(shell, args, listTables)
    await printRecords(shell.output, format, ['table', 'kind', 'version', 'numFiles', 'sizeInBytes', 'rows', 'changedAt'], records)
  },
}

async function listTables(lake: Lake): Promise<readonly JsonObject[]> {
  const found = await Promise.all(
    lakeTableNames(lake.streams).map(async name => {
      const snapshot = await lake.table(tablePath(name)).snapshot()
      return snapshot === undefined ? [] : [tableRecord(name, snapshot)]
    }),
  )
  const records = found.flat()
  const views = lake.streams.flatMap(stream => {
    const bronze = records.find(r => r['table'] === sqlName(bronzePath(stream)))
    if (bronze === undefined) return []
    return [{ ...bronze, table: quarantineName(stream), kind: 'view', numFiles: null, sizeInBytes: null, rows: null }]
  })
  return [...records, ...views]
}

function tableRecord(table: string, snapshot: Snapshot): JsonObject {
  const { version, numFiles, sizeInBytes, timestamp } = snapshot
  const rows = liveRowCount(snapshot.files) ?? null
  return { table, kind: 'table', version, numFiles, sizeInBytes, rows, changedAt: new Date(timestamp).toISOString() }
}
