import type { DeltaTable, TableState, WriteOptions, WriteOutcome } from '../../delta/index.js'
import { redactedAddress } from '../../storage/index.js'
import type { Arguments } from '../arguments/index.js'
import { openCliLake } from '../cliLake.js'
import type { CommandContext } from '../commandContext.js'
import { noTable, openTable } from './openTable.js'
import { tableWriting } from './tableWriting.js'
import { printOutcome } from './writeOutcome.js'

/** What a command changes. */
export interface ChangedTable {
  readonly table: DeltaTable
  /** As it may be shown. */
  readonly name: string
  /** As it is before. */
  readonly state: TableState
}

/**
 * Runs a command that changes the table named by its first argument, and prints the outcome.
 * @throws CliError NOT_FOUND when there is no such table
 */
export async function changeTable(
  context: CommandContext,
  args: Arguments,
  change: (changed: ChangedTable, options: WriteOptions) => Promise<WriteOutcome>,
): Promise<void> {
  const name = args.positional(0)
  await using lake = await openCliLake(context, args)
  const table = await openTable(context, lake, name)
  const state = await table.state({ fresh: true })
  if (state === undefined) throw noTable(table, name)
  const outcome = await tableWriting(lake, options => change({ table, name: redactedAddress(name), state }, options))
  await printOutcome(context, table, name, outcome)
}
