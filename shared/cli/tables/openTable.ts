import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

import { tablePath } from '../../contract/index.js'
import { DeltaTable, type Snapshot } from '../../delta/index.js'
import { type Lake, storeOptions } from '../../pipeline/lake/index.js'
import { openStore, redactedAddress } from '../../storage/index.js'
import { CliError } from '../cliError.js'
import type { CommandContext } from '../commandContext.js'
import { parseTableReference } from './tableNames.js'

/** The table that the user named; whether it exists shows when it is read. */
export async function openTable(
  context: Pick<CommandContext, 'workingFolder'>,
  lake: Lake,
  text: string,
): Promise<DeltaTable> {
  const reference = parseTableReference(text, lake.streams)
  switch (reference.kind) {
    case 'url':
      return new DeltaTable(await openStore(reference.url, storeOptions(lake.settings)), { clock: lake.clock })
    case 'path': {
      const folder = resolve(context.workingFolder, reference.path)
      // `bronze/events` is a table of the lake, unless there is such a folder here.
      if (!existsSync(folder) && /^[\w-]+\/[\w-]+\/?$/.test(reference.path))
        return lake.table(reference.path.replace(/\/$/, ''))
      return new DeltaTable(await openStore(folder), { clock: lake.clock })
    }
    case 'view':
      throw new CliError(
        'USAGE',
        `${reference.name} is a view over bronze.${reference.stream.name} and has no log of its own; \`lake sql\` and \`lake read\` read it.`,
      )
    case 'name': {
      const folder = resolve(context.workingFolder, reference.name)
      if (existsSync(resolve(folder, '_delta_log')))
        return new DeltaTable(await openStore(folder), { clock: lake.clock })
      return lake.table(tablePath(reference.name))
    }
  }
}

/** @throws CliError NOT_FOUND when there is no table */
export async function requireSnapshot(table: DeltaTable, name: string, version?: number): Promise<Snapshot> {
  const snapshot = await table.snapshot(version === undefined ? {} : { version })
  if (snapshot === undefined) throw noTable(table, name)
  return snapshot
}

/** The error NOT_FOUND of a table that is named, with where it was looked for; a secret in the name is not shown. */
export function noTable(table: Pick<DeltaTable, 'url'>, name: string): CliError {
  return new CliError(
    'NOT_FOUND',
    `There is no table ${redactedAddress(name)} (looked in ${table.url}). \`lake tables\` lists those of the lake.`,
  )
}
