import type { DeltaTable, WriteMetrics, WriteOutcome } from '../../delta/index.js'
import { redactedAddress } from '../../storage/index.js'
import { formatJson } from '../../types/index.js'
import { CliError } from '../cliError.js'
import type { CommandContext } from '../commandContext.js'
import { noTable } from './openTable.js'

/** What a dry run answers. */
export interface Planned {
  readonly kind: 'planned'
  /** The version that it was planned on. */
  readonly version: number
  readonly metrics: WriteMetrics
}

/**
 * Prints what became of a change as one JSON object.
 * @throws CliError NOT_FOUND when there is no table, STEP_FAILED when others were faster
 */
export async function printOutcome(
  context: CommandContext,
  table: Pick<DeltaTable, 'url'>,
  name: string,
  outcome: WriteOutcome | Planned,
): Promise<void> {
  switch (outcome.kind) {
    case 'noTable':
      throw noTable(table, name)
    case 'conflict':
      throw new CliError(
        'STEP_FAILED',
        `${redactedAddress(name)} was changed by others meanwhile, in version ${outcome.version}: ${outcome.detail}. Nothing was changed here; look at it, and do it again.`,
      )
    case 'committed':
    case 'planned':
    case 'nothingToDo':
    case 'alreadyApplied':
      await context.output.write(`${formatJson({ ...outcome })}\n`)
  }
}
