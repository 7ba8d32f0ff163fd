import { type AzureBlobAddress, parseAzureBlobAddress, redactedAddress } from '../../storage/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { catalogKinds, type CatalogTable, lakeTables } from '../tables/index.js'

const kinds = Object.keys(catalogKinds)

/**
 * `lake ddl`: prints, and runs nothing.
 * @throws CliError USAGE for an unknown catalog or a lake on this machine; NOT_FOUND when the lake has no table
 */
export const ddl: Command = {
  usage: `ddl ${kinds.join('|')}`,
  summary: "print the statements that register the lake's tables in a catalog",
  about:
    "Prints the statements that register the lake's tables in Unity Catalog (external tables), Synapse serverless SQL (views) " +
    'or Microsoft Fabric (shortcuts), for you to run there; it runs nothing. No data is copied. Names in <…> are yours to fill in.',
  examples: [
    'lake ddl unity',
    'lake ddl unity --catalog main',
    'lake ddl synapse --at https://account.dfs.core.windows.net/lake',
  ],
  positionals: { least: 1, most: 1 },
  options: {
    catalog: {
      value: 'NAME',
      about: 'catalog (unity), database (synapse) or <workspace>.Workspace/<lakehouse>.Lakehouse (fabric)',
    },
    at: { value: 'URL', about: 'where the catalog finds the lake, when that is not LAKE_URL' },
    schema: { value: 'NAME', about: 'schema of tables at the root of the lake, as monitor_logs (default operation)' },
  },
  async run(context, args) {
    const word = args.positional(0)
    const kind = Object.hasOwn(catalogKinds, word) ? catalogKinds[word] : undefined
    if (kind === undefined)
      throw new CliError('USAGE', `There are no statements for "${word}", but for ${kinds.join(', ')}.`)
    const schema = args.text('schema') ?? 'operation'
    await using lake = await openCliLake(context, args)
    const address = addressOf(args.text('at') ?? lake.store.url, kind.title)
    const tables = (await lakeTables(lake)).map(({ path }) => catalogTable(path, schema))
    if (tables.length === 0)
      throw new CliError('NOT_FOUND', `The lake at ${lake.store.url} has no table yet: run a step that makes them.`)
    const lines = kind.statements(address, tables, { catalog: args.text('catalog') ?? kind.defaultCatalog })
    await context.output.write(`${lines.join('\n')}\n`)
  },
}

/** The last folder is the table, those before it its schema: catalogs have no deeper names. */
function catalogTable(path: string, rootSchema: string): CatalogTable {
  const parts = path.split('/')
  const name = parts.at(-1) ?? path
  return { schema: parts.length === 1 ? rootSchema : parts.slice(0, -1).join('_'), name, path }
}

function addressOf(url: string, title: string): AzureBlobAddress {
  const address = /^(?:https?|abfss):/.test(url) ? parseAzureBlobAddress(url) : undefined
  if (address !== undefined && !address.emulated) return address
  throw new CliError(
    'USAGE',
    `The lake is at ${redactedAddress(url)}, which ${title} does not reach: set LAKE_URL to a container of Azure Storage, or name it by --at.`,
  )
}
