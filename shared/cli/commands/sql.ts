import { sqlName } from '../../contract/index.js'
import { type Lake, openSession } from '../../pipeline/lake/index.js'
import { type LakeStatement, parseLakeStatement, preparedRows, type TablePlan } from '../../query/catalog/index.js'
import { withPlainYears } from '../../query/condition/index.js'
import { QueryError } from '../../query/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { type Format, formatOf, printRecords, printRows, rowSourceOf } from '../output/index.js'
import {
  detailColumns,
  externalLocationOptions,
  lakeTables,
  noTable,
  openCatalog,
  openTable,
  requireSnapshot,
  tableDetail,
} from '../tables/index.js'
import { historyColumns, historyJson } from './history.js'

/** `lake sql`: rows stream; Ctrl-C interrupts the query. */
export const sql: Command = {
  usage: 'sql "<query>"',
  summary: 'query the lake with SQL',
  about:
    'Queries the lake with SQL (DuckDB). Tables are named bronze.events, silver.events, gold.events_scored, ' +
    'bronze.events_quarantine, monitor_logs, cluster_logs, and any other by its path: the folder sales/eu is sales.eu. ' +
    "As it was: silver.events AT (VERSION => 3) or AT (TIMESTAMP => '2025-04-01 12:00:00'). Tables elsewhere: " +
    "delta('path or URL', version => 3). SHOW TABLES, DESCRIBE HISTORY and DESCRIBE DETAIL work as in Spark; - reads the " +
    'query from standard input.',
  printsRows: true,
  examples: [
    'lake sql "SELECT event_type, count(*) FROM silver.events GROUP BY ALL"',
    'lake sql "SELECT * FROM monitor_logs ORDER BY run_time DESC LIMIT 5"',
    'lake sql "SELECT count(*) FROM silver.events AT (VERSION => 3)"',
  ],
  positionals: { least: 1, most: 1 },
  options: {
    explain: { about: 'instead of the rows, what would be read of each table, and how many bytes would be fetched' },
    ...externalLocationOptions,
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const query = withPlainYears(args.positional(0) === '-' ? await readAll(context.input) : args.positional(0))
    if (query.trim() === '') throw new CliError('USAGE', 'The query is empty.')
    const statement = parseLakeStatement(query)
    await using lake = await openCliLake(context, args)
    if (statement.kind !== 'query') {
      await answer(context, format, lake, statement)
      return
    }
    await using session = await openSession(lake)
    const interrupt = () => {
      session.interrupt()
    }
    context.signal.addEventListener('abort', interrupt)
    using catalog = openCatalog(lake, session, place => openTable(context, lake, place))
    if (args.flag('explain')) {
      await printPlans(context, format, await catalog.explain(query))
      return
    }
    const prepared = await catalog.prepare(query)
    try {
      await printRows(context.output, format, rowSourceOf(await preparedRows(session, catalog, query, prepared)))
    } catch (thrown) {
      throw withMissingTable(thrown, catalog.names, prepared.opened)
    } finally {
      context.signal.removeEventListener('abort', interrupt)
    }
  },
}

/** What the query would read, in one record a table. */
async function printPlans(context: CommandContext, format: Format, plans: readonly TablePlan[]): Promise<void> {
  const records = plans.map(plan => ({
    table: plan.table,
    version: plan.version,
    files: plan.files.length,
    filesRead: plan.chosen.length,
    skippedByPartition: plan.skippedByPartition,
    skippedByStatistics: plan.skippedByStatistics,
    rowGroups: plan.fetched.rowGroups,
    rowGroupsRead: plan.fetched.rowGroupsRead,
    columns: plan.columns,
    columnsRead: plan.columnsRead,
    bytes: plan.bytesRead + plan.bytesSkipped,
    bytesFetched: plan.fetched.bytes,
    predicate: plan.predicate ?? null,
  }))
  await printRecords(context.output, format, planColumns, records)
}

const planColumns = [
  'table',
  'version',
  'files',
  'filesRead',
  'skippedByPartition',
  'skippedByStatistics',
  'rowGroups',
  'rowGroupsRead',
  'columns',
  'columnsRead',
  'bytes',
  'bytesFetched',
  'predicate',
]

async function answer(
  context: CommandContext,
  format: Format,
  lake: Lake,
  statement: Exclude<LakeStatement, { kind: 'query' }>,
): Promise<void> {
  if (statement.kind === 'showTables') {
    const wanted = statement.namespace?.toLowerCase()
    const tables = (await lakeTables(lake)).map(({ path, name }) => ({
      namespace: sqlName(path.split('/').slice(0, -1).join('/')),
      tableName: path.split('/').at(-1) ?? path,
      name,
    }))
    const shown = tables.filter(({ namespace }) => wanted === undefined || namespace.toLowerCase() === wanted)
    await printRecords(context.output, format, ['namespace', 'tableName', 'name'], shown)
    return
  }
  const table = await openTable(context, lake, statement.table)
  if (statement.kind === 'history') {
    const entries = await table.history(statement.limit)
    if (entries.length === 0) throw noTable(table, statement.table)
    await printRecords(context.output, format, historyColumns, entries.map(historyJson))
    return
  }
  const snapshot = await requireSnapshot(table, statement.table)
  await printRecords(context.output, format, detailColumns, [tableDetail(snapshot, table.url)])
}

/** DuckDB does not know that a table of the lake is there as soon as a step has run. */
function withMissingTable(thrown: unknown, names: readonly string[], opened: readonly string[]): unknown {
  if (!(thrown instanceof QueryError) || thrown.code !== 'QUERY_BAD_SQL') return thrown
  const named = /Table with name "?([\w.]+)"? does not exist/i
    .exec(thrown.message)?.[1]
    ?.toLowerCase()
    .split('.')
    .at(-1)
  if (named === undefined) return thrown
  const known = names.find(name => name.split('.').at(-1) === named && !opened.includes(name))
  const message =
    known === undefined
      ? `There is no table ${named}. The streams' are: ${names.join(', ')}; \`lake tables\` lists all there are.`
      : `The lake has no table ${known} yet; it comes with \`lake run pipeline\` or \`npm start\`.`
  return new CliError('NOT_FOUND', message, { cause: thrown })
}

async function readAll(input: CommandContext['input']): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of input) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString('utf8')
}
