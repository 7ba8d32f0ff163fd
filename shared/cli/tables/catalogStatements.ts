import type { AzureBlobAddress } from '../../storage/index.js'

/** A Delta table to be registered: its schema and name in the catalog, its folder in the lake. */
export interface CatalogTable {
  readonly schema: string
  readonly name: string
  /** Relative to the lake, with slashes. */
  readonly path: string
}

/** What the statements are for. */
export interface CatalogOptions {
  /** Unity Catalog's catalog, Synapse's database, or Fabric's `<workspace>.Workspace/<lakehouse>.Lakehouse`. */
  readonly catalog: string
}

type Statements = (
  lake: AzureBlobAddress,
  tables: readonly CatalogTable[],
  options: CatalogOptions,
) => readonly string[]

/** A catalog that can have the tables without copying them. */
export interface CatalogKind {
  /** Its name for people. */
  readonly title: string
  readonly defaultCatalog: string
  readonly statements: Statements
}

/** The catalogs that statements are made for, by the word for each on the command line. */
export const catalogKinds: Readonly<Record<string, CatalogKind>> = {
  unity: { title: 'Unity Catalog', defaultCatalog: 'lake', statements: unity },
  synapse: { title: 'Synapse serverless SQL', defaultCatalog: 'lake', statements: synapse },
  fabric: { title: 'Microsoft Fabric', defaultCatalog: 'lake.Workspace/lake.Lakehouse', statements: fabric },
}

/** External tables: columns and types are read from the log, dropping one deletes no file. */
function unity(lake: AzureBlobAddress, tables: readonly CatalogTable[], { catalog }: CatalogOptions): string[] {
  const [location, name] = [abfss(lake, ''), backticked(`${lake.account}_${lake.container}`)]
  return [
    '-- Databricks SQL. Once for each container, by who may: an access connector of Databricks as storage credential',
    '-- <credential>, with the role Storage Blob Data Reader on the container. Reader, because the pipeline is the one writer.',
    `CREATE EXTERNAL LOCATION IF NOT EXISTS ${name} URL ${sparkText(location)} WITH (STORAGE CREDENTIAL \`<credential>\`);`,
    `CREATE CATALOG IF NOT EXISTS ${backticked(catalog)};`,
    ...schemasOf(tables).map(schema => `CREATE SCHEMA IF NOT EXISTS ${backticked(catalog)}.${backticked(schema)};`),
    ...tables.map(table => {
      const full = [catalog, table.schema, table.name].map(backticked).join('.')
      return `CREATE TABLE IF NOT EXISTS ${full} USING DELTA LOCATION ${sparkText(abfss(lake, table.path))};`
    }),
  ]
}

/** Views, because external tables of serverless SQL do not know partition columns of Delta. */
function synapse(lake: AzureBlobAddress, tables: readonly CatalogTable[], { catalog }: CatalogOptions): string[] {
  const [credential, source] = ['lake_identity', 'lake']
  return [
    '-- Synapse serverless SQL pool. The managed identity of the workspace needs Storage Blob Data Reader on the container.',
    `CREATE DATABASE ${bracketed(catalog)} COLLATE Latin1_General_100_BIN2_UTF8;\nGO`,
    `USE ${bracketed(catalog)};\nGO`,
    "CREATE MASTER KEY ENCRYPTION BY PASSWORD = '<a password of your choice>';",
    `CREATE DATABASE SCOPED CREDENTIAL ${credential} WITH IDENTITY = 'Managed Identity';`,
    `CREATE EXTERNAL DATA SOURCE ${source} WITH (LOCATION = ${sqlText(https(lake))}, CREDENTIAL = ${credential});\nGO`,
    ...schemasOf(tables).map(schema => `CREATE SCHEMA ${bracketed(schema)};\nGO`),
    ...tables.map(({ schema, name, path }) => {
      const rows = `OPENROWSET(BULK ${sqlText(path)}, DATA_SOURCE = ${sqlText(source)}, FORMAT = 'DELTA') AS rows`
      return `CREATE OR ALTER VIEW ${bracketed(schema)}.${bracketed(name)} AS SELECT * FROM ${rows};\nGO`
    }),
  ]
}

/** Shortcuts of a lakehouse that has schemas: a Delta table behind one is a table of it. */
function fabric(lake: AzureBlobAddress, tables: readonly CatalogTable[], { catalog }: CatalogOptions): string[] {
  const { hostname } = new URL(https(lake))
  return [
    '# Fabric CLI (fab), in a POSIX shell. <connection>: the id of a connection to the storage account whose identity has',
    '# Storage Blob Data Reader on the container. The lakehouse is one with schemas.',
    ...tables.map(({ schema, name, path }) => {
      const subpath = [lake.container, lake.folder, path].filter(part => part !== '').join('/')
      const target = { location: `https://${hostname}/`, subpath, connectionId: '<connection>' }
      const shortcut = `${catalog}/Tables/${schema}/${name}.Shortcut`
      return `fab ln ${shellText(shortcut)} --type adlsGen2 -i ${shellText(JSON.stringify(target))}`
    }),
  ]
}

function schemasOf(tables: readonly CatalogTable[]): readonly string[] {
  return [...new Set(tables.map(({ schema }) => schema))]
}

/** `https://<account>.dfs.…/<container>/<folder>`. */
function https({ endpoint, container, folder }: AzureBlobAddress): string {
  return [endpoint.replace('.blob.', '.dfs.'), container, folder].filter(part => part !== '').join('/')
}

function abfss(lake: AzureBlobAddress, path: string): string {
  const { host } = new URL(https(lake))
  return [`abfss://${lake.container}@${host}`, lake.folder, path].filter(part => part !== '').join('/')
}

const backticked = (name: string) => `\`${name.replaceAll('`', '``')}\``
const bracketed = (name: string) => `[${name.replaceAll(']', ']]')}]`
/** Spark reads a backslash in a text as the beginning of an escape. */
const sparkText = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`
const shellText = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
