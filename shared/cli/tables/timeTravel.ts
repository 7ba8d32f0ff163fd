import type { DeltaTable } from '../../delta/index.js'
import { parseSparkTimestamp } from '../../types/index.js'
import type { Arguments, OptionSpec } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { noTable } from './openTable.js'

/** The options of commands that read a table as it was. */
export const timeTravelOptions: Readonly<Record<string, OptionSpec>> = {
  version: { value: 'N', about: 'the table as of that version; the newest when absent' },
  timestamp: {
    value: '"TIME"',
    about: 'the table as of that time, as 2025-04-01T12:00:00+02:00 or "2025-04-01 12:00:00"; UTC without a zone',
  },
}

/** Milliseconds since 1970 of an option; undefined when it was not given. */
export function timeOption(args: Arguments, option: string): number | undefined {
  const text = args.text(option)
  if (text === undefined) return undefined
  const micros = parseSparkTimestamp(text)
  if (micros === undefined) {
    throw new CliError(
      'USAGE',
      `--${option} ${text} is no time: say 2025-04-01T12:00:00Z, "2025-04-01 12:00:00" or 2025-04-01.`,
    )
  }
  return Math.floor(Number(micros) / 1000)
}

/**
 * The version that `--version` or `--timestamp` names; undefined when neither does.
 * @throws DeltaError DELTA_NO_VERSION for a time before the table's first version or after its newest
 */
export async function versionOption(table: DeltaTable, name: string, args: Arguments): Promise<number | undefined> {
  const moment = timeTravelOf(args)
  if (moment === undefined || 'version' in moment) return moment?.version
  const found = await table.versionAt(moment.timestamp)
  if (found === undefined) throw noTable(table, name)
  return found
}

/** What `--version` or `--timestamp` says. @throws CliError USAGE when both do */
export function timeTravelOf(
  args: Arguments,
): { readonly version: number } | { readonly timestamp: number } | undefined {
  const [version, timestamp] = [args.whole('version'), timeOption(args, 'timestamp')]
  if (version !== undefined && timestamp !== undefined)
    throw new CliError('USAGE', '--version and --timestamp say the same thing; give one of them.')
  if (version !== undefined) return { version }
  return timestamp === undefined ? undefined : { timestamp }
}
