import type { Stream } from '../contract/index.js'
import { type Lake, openLake } from '../pipeline/lake/index.js'
import { parseLocations } from '../settings/index.js'
import { redactedAddress } from '../storage/index.js'
import { consoleLogger, silentLogger } from '../telemetry/index.js'
import type { Arguments } from './arguments/index.js'
import { CliError } from './cliError.js'
import { cliSettings } from './cliSettings.js'
import type { CommandContext } from './commandContext.js'

/**
 * Opens the lake that the settings name, for as long as a command runs.
 * @example
 * await using lake = await openCliLake(context, args)
 */
export async function openCliLake(context: CommandContext, args: Arguments): Promise<Lake & AsyncDisposable> {
  const log = args.flag('debug') ? consoleLogger({ level: 'debug' }) : silentLogger
  const settings = cliSettings(context)
  const lakeExternalLocations = [...settings.lakeExternalLocations, ...locationsOption(args)]
  const lake = await openLake(
    { ...settings, lakeExternalLocations },
    {
      log,
      onWaiting: sentence => void context.messages.write(`${sentence}\n`).catch(() => undefined),
    },
  )
  return { ...lake, [Symbol.asyncDispose]: () => lake.close() }
}

/** @throws CliError USAGE for what is neither a folder nor a container */
function locationsOption(args: Arguments): readonly string[] {
  return args.values('external-location').flatMap(text => {
    const locations = parseLocations(text)
    if (locations !== null) return locations
    throw new CliError(
      'USAGE',
      `--external-location ${redactedAddress(text)} is neither file:///folder nor https://<account>.blob.core.windows.net/<container>.`,
    )
  })
}

/** @throws CliError NOT_FOUND when no stream of that name is declared */
export function streamNamed(lake: Pick<Lake, 'streams'>, name: string): Stream {
  const stream = lake.streams.find(s => s.name === name)
  if (stream !== undefined) return stream
  throw new CliError(
    'NOT_FOUND',
    `There is no stream ${name}; declared are: ${lake.streams.map(s => s.name).join(', ')}.`,
  )
}
