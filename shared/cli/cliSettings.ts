import { defaultText, readLocalSettings, readSettings, type Settings, type SettingValues } from '../settings/index.js'
import type { CommandContext } from './commandContext.js'
import { type RunningStack, runningStack } from './runningStack.js'

/** The settings of a command: the environment over local.settings.json over the running stack over the defaults. */
export function cliSettings(context: Pick<CommandContext, 'environment' | 'projectFolder'>): Settings {
  const { environment, projectFolder } = context
  return readSettings(settingValues(environment, readLocalSettings(projectFolder, {}), runningStack(projectFolder)))
}

/**
 * The same as values. A file that was copied from the template names the local defaults, which is what the stack
 * provides, if need be on other ports: there the stack knows better.
 */
export function settingValues(
  environment: SettingValues,
  file: SettingValues,
  stack: RunningStack | undefined,
): SettingValues {
  const values: Record<string, string | undefined> = { ...file }
  const addresses = { KAFKA_BROKERS: stack?.kafkaBrokers, LAKE_URL: stack?.lakeUrl }
  for (const name of ['KAFKA_BROKERS', 'LAKE_URL'] as const) {
    const given = file[name]?.trim() ?? ''
    if ((addresses[name] ?? '') !== '' && (given === '' || given === defaultText(name))) values[name] = addresses[name]
  }
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && value.trim() !== '') values[name] = value
  return values
}
