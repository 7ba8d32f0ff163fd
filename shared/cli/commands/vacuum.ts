import { durationForms, parseDuration } from '../../contract/index.js'
import { vacuumTable } from '../../delta/maintenance/index.js'
import { ConsumerPositions, maintainedTables } from '../../pipeline/maintenance/index.js'
import { CliError } from '../cliError.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { noTable, openTable } from '../tables/index.js'

/**
 * `lake vacuum`: versions whose files are deleted cannot be read again. A retention below that of the table must be
 * forced.
 */
export const vacuum: Command = {
  usage: 'vacuum <table>',
  summary: 'delete files that no version needs any more',
  about:
    'Deletes files that were removed from the table, or never became part of it, longer ago than the retention. Of the ' +
    "lake's own tables nothing is deleted that a later layer or the monitor has still to read. Prints what was done as one JSON object.",
  examples: ['lake vacuum ./sales --dry-run'],
  positionals: { least: 1, most: 1 },
  options: {
    retain: {
      value: 'DURATION',
      about: `how long such files are kept, as '10 days'; the table's delta.deletedFileRetentionDuration, or a week`,
    },
    force: { about: "allow a retention below the table's: only when nobody reads older versions and nobody writes" },
    'dry-run': { about: 'print the files, one a line, and delete none' },
  },
  async run(context, args) {
    const name = args.positional(0)
    const text = args.text('retain')
    const retentionMs = text === undefined ? undefined : parseDuration(text)
    if (retentionMs === null)
      throw new CliError('USAGE', `--retain ${String(text)} is not a duration: ${durationForms}.`)
    const dryRun = args.flag('dry-run')
    const names: string[] = []
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    const state = await table.state({ fresh: true })
    if (state === undefined) throw noTable(table, name)
    const own = maintainedTables(lake).find(({ path }) => lake.table(path).url === table.url)
    const lowWatermark =
      own === undefined
        ? undefined
        : await (await ConsumerPositions.read(lake)).lowWatermark(own.path, state, own.stream)
    const outcome = await vacuumTable(table, {
      clock: lake.clock,
      retentionMs,
      lowWatermark,
      dryRun,
      force: args.flag('force'),
      onFile: ({ path }) => dryRun && names.push(path),
    })
    for (const path of names) await context.output.write(`${path}\n`)
    await context.output.write(`${JSON.stringify(outcome)}\n`)
  },
}
