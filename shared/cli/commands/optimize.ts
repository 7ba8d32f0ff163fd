import { bronzePath } from '../../contract/index.js'
import { optimizeTable } from '../../delta/maintenance/index.js'
import { sessionOptions, sortableBytes } from '../../pipeline/lake/index.js'
import { duckDbClusterer, errorGroup } from '../../pipeline/maintenance/index.js'
import { redactedAddress } from '../../storage/index.js'
import { columnKey, parseColumnList, type StructType, typeAt } from '../../types/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { noTable, openTable } from '../tables/index.js'

/**
 * `lake optimize`: changes no row.
 * @throws CliError USAGE for a clustering column that has no order
 */
export const optimize: Command = {
  usage: 'optimize <table>',
  summary: "compact a table's small files",
  about:
    'Makes few large files of many small ones, and sorts them along the clustering columns where the table has any; rows ' +
    'that were sorted before are not sorted again. Files of which many rows are deleted are rewritten without them. No row changes, and appends meanwhile are not held up. Prints what was done ' +
    'as one JSON object.',
  examples: ['lake optimize silver.events'],
  positionals: { least: 1, most: 1 },
  options: {
    'cluster-by': { value: 'a,b', about: 'columns to sort along, for a table that says nothing of it' },
    'target-mb': { value: 'N', about: "megabytes of a new file; the table's delta.targetFileSize, or 128" },
    'max-deleted-ratio': {
      value: 'R',
      about:
        "a file with a greater share of deleted rows is rewritten whatever its size; the table's lake.optimize.maxDeletedRowsRatio, or 0.05",
    },
    'dry-run': { about: 'only say what would be done' },
  },
  async run(context, args) {
    const name = args.positional(0)
    const clusterBy = parseColumnList(args.text('cluster-by') ?? '')
    const maxDeletedRowsRatio = args.number('max-deleted-ratio', 0, 1)
    const megabytes = args.number('target-mb', 1, 1_000_000)
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    const state = await table.state({ fresh: true })
    if (state === undefined) throw noTable(table, name)
    for (const path of clusterBy) requireSortable(redactedAddress(name), state.schema, path)
    const isBronze = lake.streams.some(stream => lake.table(bronzePath(stream)).url === table.url)
    const outcome = await optimizeTable(table, {
      clock: lake.clock,
      clusterBy,
      clusterer: duckDbClusterer(lake.files, [sessionOptions(lake)]),
      clusterBytes: sortableBytes(lake),
      defaultTargetFileSize: lake.settings.compactionTargetSize,
      maxDeletedRowsRatio,
      dryRun: args.flag('dry-run'),
      ...(megabytes === undefined ? {} : { targetFileSize: Math.round(megabytes * 2 ** 20) }),
      ...(isBronze ? { groupOf: errorGroup } : {}),
    })
    await context.output.write(`${JSON.stringify(outcome)}\n`)
  },
}

/** @throws CliError USAGE for a path that names no column, or one whose values have no order */
function requireSortable(table: string, schema: StructType, path: readonly string[]): void {
  const type = typeAt(schema, path)
  if (type === undefined)
    throw new CliError(
      'USAGE',
      `${table} has no column ${columnKey(path)} to cluster by; it has: ${schema.fields.map(field => field.name).join(', ')}.`,
    )
  if (typeof type === 'object' && type.type !== 'decimal')
    throw new CliError('USAGE', `${table} cannot be clustered by ${columnKey(path)}: a ${type.type} has no order.`)
}
