import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { CodedError } from './errors.js'
import { type Environment, environment, isSecret, settingNames } from './settings/environment.js'
import { crossFieldFaults, faultOf } from './settings/settingFaults.js'
import { protectSecret, protectSecretsIn, redact } from './telemetry/redaction.js'

export { isSecret, settingNames } from './settings/environment.js'
export { defaultText, settingsTable } from './settings/settingsTable.js'

export class SettingsError extends CodedError<'BAD_SETTINGS' | 'BAD_SETTINGS_FILE'> {
  constructor(code: 'BAD_SETTINGS' | 'BAD_SETTINGS_FILE', message: string, cause?: unknown) {
    super(code, redact(message), { cause })
  }
}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>

/** Every setting, checked: `KAFKA_BROKERS` is `kafkaBrokers`. Durations are milliseconds, sizes bytes. */
export type Settings = { readonly [Name in keyof Environment as CamelCase<Name>]: Environment[Name] }

/** Values that may be set, by their names in the environment. */
export type SettingValues = Readonly<Record<string, string | undefined>>

/**
 * Reads and checks every setting; all that is wrong is named in one error. An empty value counts as not set. What is
 * secret among the values is kept out of all that is said from then on.
 * @throws SettingsError BAD_SETTINGS with the name, the value (unless secret) and the remedy of each
 */
export function readSettings(values: SettingValues): Settings {
  const textOf = (name: string) => (values[name]?.trim() === '' ? undefined : values[name]?.trim())
  for (const name of settingNames) {
    if (isSecret(name)) protectSecret(values[name])
    else protectSecretsIn(values[name])
  }
  const given = Object.fromEntries(settingNames.map(name => [name, textOf(name)]))
  const parsed = environment.safeParse(given)
  const wrong = parsed.success
    ? crossFieldFaults(parsed.data, values)
    : parsed.error.issues.map(({ path, message }) => faultOf(String(path[0]), given[String(path[0])], message))
  if (!parsed.success || wrong.length > 0) throw new SettingsError('BAD_SETTINGS', wrong.join('\n'))
  return Object.fromEntries(Object.entries(parsed.data).map(([name, value]) => [camelCase(name), value])) as Settings
}

/**
 * The environment over the `Values` of `local.settings.json` in `folder`, as the function host does it; the file may be
 * absent.
 * @throws SettingsError BAD_SETTINGS_FILE when the file is not what the host would read
 */
export function readLocalSettings(folder: string, environmentValues: SettingValues = process.env): SettingValues {
  const path = join(folder, 'local.settings.json')
  if (!existsSync(path)) return environmentValues
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    const remedy = 'Start again from local.settings.template.json.'
    throw new SettingsError('BAD_SETTINGS_FILE', `${path} is not JSON. ${remedy}`, error)
  }
  const file = z.object({ Values: z.record(z.string(), z.string()).default({}) }).safeParse(content)
  if (!file.success) {
    const remedy = 'as local.settings.template.json has it.'
    throw new SettingsError('BAD_SETTINGS_FILE', `${path} needs "Values", an object of texts, ${remedy}`)
  }
  const set = Object.entries(environmentValues).filter(([, value]) => value !== undefined)
  return { ...file.data.Values, ...Object.fromEntries(set) }
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
