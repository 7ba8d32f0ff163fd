import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { bronzePath, quarantineName, sqlName } from '../../contract/index.js'
import { liveRowCount, type Snapshot } from '../../delta/index.js'
import { asError } from '../../errors.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { StorageError } from '../../storage/index.js'
import type { JsonObject } from '../../types/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printRecords } from '../output/index.js'
import { type LakeTable, lakeTables } from '../tables/index.js'

/**
 * `lake tables`: lists damaged tables too.
 * @throws CliError STEP_FAILED after the list when there are damaged ones
 */
export const tables: Command = {
  usage: 'tables',
  summary: "list the lake's tables",
  about:
    "Lists the lake's tables, those of the streams and any other folder with a Delta log, with their newest version, files, bytes, rows (null where a file's statistics do not " +
    'say) and when they last changed. A table that cannot be read is listed as damaged, with its problem, and makes the ' +
    'exit code 1.',
  printsRows: true,
  examples: ['lake tables'],
  positionals: { least: 0, most: 0 },
  options: {},
  async run(context, args) {
    const format = formatOf(context, args)
    await using lake = await openCliLake(context, args)
    const records = await listTables(lake)
    const damaged = records.filter(record => record['kind'] === 'damaged')
    const columns = [
      'table',
      'kind',
      'version',
      'numFiles',
      'sizeInBytes',
      'rows',
      'changedAt',
      ...(damaged.length === 0 ? [] : ['problem']),
    ]
    await printRecords(
      context.output,
      format,
      columns,
      damaged.length === 0 ? records : records.map(record => ({ problem: null, ...record })),
    )
    if (damaged.length === 0) return
    throw new CliError('STEP_FAILED', `Cannot be read: ${damaged.map(({ table }) => table as string).join(', ')}.`)
  },
}

async function listTables(lake: Lake): Promise<readonly JsonObject[]> {
  const found = await Promise.all((await lakeTables(lake)).map(table => tableRecords(lake, table)))
  const records = found.flat()
  if (records.length === 0) await requireLake(lake)
  const views = lake.streams.flatMap(stream => {
    const bronze = records.find(r => r['table'] === sqlName(bronzePath(stream)))
    if (bronze?.['kind'] !== 'table') return []
    return [{ ...bronze, table: quarantineName(stream), kind: 'view', numFiles: null, sizeInBytes: null, rows: null }]
  })
  return [...records, ...views]
}

/** Each table is read on its own: what is wrong with one hides none of the others. */
async function tableRecords(lake: Lake, { name, path }: LakeTable): Promise<readonly JsonObject[]> {
  try {
    const snapshot = await lake.table(path).snapshot()
    return snapshot === undefined ? [] : [tableRecord(name, snapshot)]
  } catch (thrown) {
    const error = asError(thrown)
    // The storage out of reach is nothing wrong with a table.
    if (error instanceof StorageError) throw error
    const nothing = { version: null, numFiles: null, sizeInBytes: null, rows: null, changedAt: null }
    return [{ table: name, kind: 'damaged', ...nothing, problem: error.message }]
  }
}

/** @throws CliError NOT_FOUND where nothing at all is stored: most likely the address is wrong */
async function requireLake({ store }: Lake): Promise<void> {
  for await (const { path } of store.list('')) if (path !== '') return
  if (store.url.startsWith('file:') && existsSync(fileURLToPath(store.url))) return
  throw new CliError(
    'NOT_FOUND',
    `There is no lake at ${store.url}: nothing is stored there. Check LAKE_URL, or run a step that makes its tables.`,
  )
}

function tableRecord(table: string, snapshot: Snapshot): JsonObject {
  const { version, numFiles, sizeInBytes, timestamp } = snapshot
  const rows = liveRowCount(snapshot.files) ?? null
  return { table, kind: 'table', version, numFiles, sizeInBytes, rows, changedAt: new Date(timestamp).toISOString() }
}
