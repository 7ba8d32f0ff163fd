import { openSession } from '../../pipeline/openSession.js'
import { folderOpener } from '../../pipeline/storeOptions.js'
import { LakeCatalog } from '../../query/lakeCatalog.js'
import { QueryError } from '../../query/queryError.js'
import { CliError } from '../cliError.js'
import { withLake } from '../cliLake.js'
import { rowSourceOf } from '../columnBatch.js'
import type { Command } from '../command.js'
import { externalLocationOptions } from '../externalLocations.js'
import { printRows } from '../printRows.js'
import { formatOf, type Shell } from '../shell.js'

export const sql: Command = {
  usage: 'sql "<query>"',
  summary: 'query the lake with SQL',
  about:
    'Queries the lake with SQL (DuckDB). Tables are named bronze.events, silver.events, gold.events_scored, ' +
    'bronze.events_quarantine, monitor_logs, cluster_logs; - reads the query from standard input.',
  positionals: { least: 1, most: 1 },
  options: externalLocationOptions,
  async run(shell, args) {
    const format = formatOf(shell, args)
    const query = args.positional(0) === '-' ? await readAll(shell.input) : args.positional(0)
    if (query.trim() === '') throw new CliError('USAGE', 'The query is empty.')
    await withLake(shell, args, async lake => {
      await using session = await openSession(lake)
      const interrupt = () => { session.interrupt() }
      shell.signal.addEventListener('abort', interrupt)
      using catalog = new LakeCatalog({ session, cache: lake.files, streams: lake.streams, table: path => lake.table(path), openFolder: folderOpener(lake.settings) })
      const opened = await catalog.open(query)
      try {
        await printRows(shell.output, format, rowSourceOf(await session.stream(query)))
      } catch (thrown) {
        throw withMissingTable(thrown, catalog.names, opened)
      } finally {
        shell.signal.removeEventListener('abort', interrupt)
      }
    })
  },
}

/** DuckDB does not know that a table of the lake is there as soon as a step has run. */
function withMissingTable(thrown: unknown, names: readonly string[], opened: readonly string[]): unknown {
  if (!(thrown instanceof QueryError) || thrown.code !== 'QUERY_BAD_SQL') return thrown
  const named = /Table with name "?([\w.]+)"? does not exist/i.exec(thrown.message)?.[1]?.toLowerCase().split('.').at(-1)
  if (named === undefined) return thrown
  const known = names.find(name => name.split('.').at(-1) === named && !opened.includes(name))
  const message =
    known === undefined
      ? `There is no table ${named}; the lake's are: ${names.join(', ')}.`
      : `The lake has no table ${known} yet; it comes with \`lake run pipeline\` or \`npm start\`.`
  return new CliError('NOT_FOUND', message, { cause: thrown })
}

async function readAll(input: Shell['input']): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of input) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString('utf8')
}
