import type { HistoryEntry } from '../../delta/index.js'
import type { JsonObject } from '../../types/index.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printRecords } from '../output/index.js'
import { noTable, openTable } from '../tables/index.js'

/** `lake history`: versions that log clean-up has taken are not listed. */
export const history: Command = {
  usage: 'history <table>',
  summary: "list a table's versions",
  about:
    "Lists a table's versions that are still in its log, the newest first: when, what operation, by whom, and its metrics.",
  printsRows: true,
  examples: ['lake history silver.events --limit 5'],
  positionals: { least: 1, most: 1 },
  options: { limit: { value: 'N', about: 'at most so many' } },
  async run(context, args) {
    const format = formatOf(context, args)
    const name = args.positional(0)
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    const entries = await table.history(args.whole('limit', 1))
    if (entries.length === 0) throw noTable(table, name)
    await printRecords(context.output, format, historyColumns, entries.map(historyJson))
  },
}

/** The columns of a history where it is printed as a table or CSV; JSON lines have every field of an entry. */
export const historyColumns = ['version', 'timestamp', 'operation', 'engineInfo', 'operationMetrics'] as const

/** An entry as it is printed, its time in ISO 8601 (UTC). */
export function historyJson(entry: HistoryEntry): JsonObject {
  return { ...entry, timestamp: new Date(entry.timestamp).toISOString() }
}
