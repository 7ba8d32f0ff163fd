import { bronzePath } from '../../contract/index.js'
import { planRestore, restoreTable, type RestoreTarget } from '../../delta/dml/index.js'
import type { DeltaTable, Snapshot } from '../../delta/index.js'
import { rowLossesOf } from '../../pipeline/incremental/index.js'
import { folderOpener, type Lake } from '../../pipeline/lake/index.js'
import { maintainedTables } from '../../pipeline/maintenance/index.js'
import { redactedAddress } from '../../storage/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import {
  externalLocationOptions,
  openTable,
  printOutcome,
  requireSnapshot,
  timeTravelOf,
  timeTravelOptions,
} from '../tables/index.js'

/**
 * `lake restore`: a new version, the old ones stay.
 * @throws CliError USAGE for a table of the pipeline, unless forced
 */
export const restore: Command = {
  usage: 'restore <table>',
  summary: 'restore a table to a version',
  about:
    'Makes a table again what it was at an older version or time, by one new version: its rows, its schema and its ' +
    'properties. Rows appended since then go; nothing is deleted from storage, so that this can be undone in the same way. ' +
    'Prints what was done as one JSON object.',
  examples: ['lake restore ./sales --version 3 --dry-run'],
  positionals: { least: 1, most: 1 },
  options: {
    version: { value: 'N', about: 'the version to go back to' },
    timestamp: { value: '"TIME"', about: `or ${timeTravelOptions['timestamp']?.about ?? ''}` },
    'ignore-missing': { about: 'restore what is left when files of that version were deleted' },
    force: { about: 'also a table of the pipeline, which would not read again what goes' },
    'dry-run': { about: 'only say what would be done' },
    ...externalLocationOptions,
  },
  async run(context, args) {
    const name = args.positional(0)
    const to = targetOption(args)
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    requireForeign(lake, table, name, args)
    const options = {
      clock: lake.clock,
      openFolder: folderOpener(lake.settings),
      ignoreMissingFiles: args.flag('ignore-missing'),
    }
    const snapshot = await requireSnapshot(table, name)
    await requireNothingLost(lake, table, snapshot, to)
    if (!args.flag('dry-run')) {
      await printOutcome(context, table, name, await restoreTable(table, to, options))
      return
    }
    const plan = await planRestore(table, snapshot, to, options)
    const { version } = snapshot
    await printOutcome(
      context,
      table,
      name,
      plan === undefined ? { kind: 'nothingToDo', version } : { kind: 'planned', version, metrics: plan.metrics },
    )
  },
}

function targetOption(args: Arguments): RestoreTarget {
  const target = timeTravelOf(args)
  if (target === undefined) throw new CliError('USAGE', 'Say what to go back to: --version N, or --timestamp "TIME".')
  return target
}

/**
 * What a table of the pipeline loses it does not get back: that its source was read is noted in its log, and stays so.
 * @throws CliError USAGE for a table of the pipeline, unless forced, or nothing is to be written
 */
function requireForeign(lake: Lake, table: DeltaTable, name: string, args: Arguments): void {
  if (
    args.flag('force') ||
    args.flag('dry-run') ||
    !maintainedTables(lake).some(({ path }) => lake.table(path).url === table.url)
  )
    return
  throw new CliError(
    'USAGE',
    `${redactedAddress(name)} is a table of the pipeline: rows that go are not read again. \`lake rebuild\` recreates silver and gold; --force restores all the same.`,
  )
}

/**
 * What bronze has lost for its age, or by an erasure, is counted as such for good: were it there again, nothing would
 * reconcile any more.
 * @throws CliError USAGE for a version of bronze before that, forced or not
 */
async function requireNothingLost(lake: Lake, table: DeltaTable, now: Snapshot, to: RestoreTarget): Promise<void> {
  if (!lake.streams.some(stream => lake.table(bronzePath(stream)).url === table.url)) return
  const version = 'version' in to ? to.version : await table.versionAt(to.timestamp, { toNewest: true })
  const then = await table.snapshot(version === undefined ? {} : { version })
  if (then === undefined || rowLossesOf(then) === rowLossesOf(now)) return
  throw new CliError(
    'USAGE',
    `Version ${then.version} has rows that were removed since, for their age or because their key was erased: they are counted so for good and would be there once too often. Restore a later version.`,
  )
}
