import { parseSchemaText } from '../../delta/ddl/index.js'
import { createWithRows } from '../../delta/dml/index.js'
import { createTable, type DeltaTable, type TableDefinition, type WriteOutcome } from '../../delta/index.js'
import { redactedAddress } from '../../storage/index.js'
import { parseColumnList, type StructType } from '../../types/index.js'
import { type Arguments, keyValue } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { openRowInput, type RowInput } from '../input/index.js'
import { openTable, printOutcome, tableWriting } from '../tables/index.js'

/**
 * `lake create`: table and first rows are one commit.
 * @throws CliError STEP_FAILED when the table exists
 */
export const create: Command = {
  usage: 'create <table>',
  summary: 'create a table',
  about:
    'Makes a Delta table. The schema is written as in Spark\'s SQL: "id BIGINT NOT NULL, tags ARRAY<STRING>, pair STRUCT<x: INT>"; ' +
    'without one it is that of the rows of --from. Features are turned on by their properties, as delta.enableDeletionVectors=true, ' +
    'and the protocol is the lowest that has them.',
  examples: ["lake create ./sales --schema 'id BIGINT NOT NULL, day DATE, amount DECIMAL(10,2)' --partition-by day"],
  positionals: { least: 1, most: 1 },
  options: {
    schema: { value: '"columns"', about: 'names and types of the columns' },
    'partition-by': { value: 'a,b', about: 'columns that rows are kept apart by' },
    'cluster-by': { value: 'a,b', about: 'columns that `lake optimize` sorts rows along; not with partitions' },
    property: { value: 'k=v', repeats: true, about: 'a property of the table; may be given more than once' },
    comment: { value: 'text', about: 'what the table is' },
    from: { value: 'FILE', about: 'its first rows: JSON lines or Parquet, - for standard input' },
  },
  async run(context, args) {
    const name = args.positional(0)
    const input = args.text('from') === undefined ? undefined : await openRowInput(context, args.text('from') ?? '')
    const schema = await schemaOption(args, input)
    const unknownNulls = args.text('schema') === undefined
    const configuration = Object.fromEntries(args.values('property').map(text => keyValue('property', text)))
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    const clusterBy = args.text('cluster-by')
    const definition: TableDefinition = {
      schema,
      partitionColumns: args.list('partition-by'),
      clusterBy: clusterBy === undefined ? undefined : parseColumnList(clusterBy),
      configuration,
      description: args.text('comment'),
      createdTime: lake.clock.now(),
    }
    const outcome = await tableWriting(lake, options =>
      input === undefined
        ? createEmpty(table, definition)
        : createWithRows(table, definition, () => input.rows(schema, { unknownNulls }), options),
    )
    if (outcome.kind === 'conflict' && outcome.reason === 'tableExists')
      throw new CliError(
        'STEP_FAILED',
        `There is a table ${redactedAddress(name)} already (in ${table.url}, version ${outcome.version}).`,
      )
    await printOutcome(context, table, name, outcome)
  },
}

async function createEmpty(table: DeltaTable, definition: TableDefinition): Promise<WriteOutcome> {
  const outcome = await table.commit(createTable(definition))
  return outcome.kind === 'committed' ? { kind: 'committed', version: outcome.version, metrics: {} } : outcome
}

async function schemaOption(args: Arguments, input: RowInput | undefined): Promise<StructType> {
  const text = args.text('schema')
  if (text !== undefined) return parseSchemaText(text)
  if (input !== undefined) return input.withNewColumns({ type: 'struct', fields: [] })
  throw new CliError(
    'USAGE',
    'Say what columns the table has: --schema "id BIGINT, name STRING", or --from FILE with rows that have them.',
  )
}
