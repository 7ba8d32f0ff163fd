import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { z } from 'zod'

import { CodedError } from '../errors.js'
import { protectSecret, protectSecretsIn, redact } from '../telemetry/index.js'
import { type Environment, environment, isSecret, settingNames } from './pipelineSettings.js'
import {
  crossFieldFaults,
  faultOf,
  triggerNamespace,
  unknownNameFault,
  unknownNameFaults,
  valueOf,
} from './settingFaults.js'

export { isSecret, settingNames } from './pipelineSettings.js'
export { localDefaults } from './settingFaults.js'
export { defaultText, settingsTable } from './settingsTable.js'

/** Settings that cannot be used; the message has a line for each fault, and no secret. */
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
 * secret among the values is kept out of all that is logged or reported from then on.
 * @throws SettingsError BAD_SETTINGS with the name, the value (unless secret) and the remedy of each
 */
export function readSettings(values: SettingValues): Settings {
  const textOf = (name: string) => (values[name]?.trim() === '' ? undefined : values[name]?.trim())
  for (const name of settingNames) {
    if (isSecret(name)) protectSecret(values[name])
    else protectSecretsIn(values[name])
  }
  const given = Object.fromEntries(settingNames.map(name => [name, textOf(name)]))
  given['EVENTHUBS_NAMESPACE'] ??= valueOf(triggerNamespace, values)
  const parsed = environment.safeParse(given)
  const faults = parsed.success
    ? crossFieldFaults(parsed.data, values)
    : parsed.error.issues.map(({ path, message }) => faultOf(String(path[0]), given[String(path[0])], message))
  const wrong = [...unknownNameFaults(values), ...faults]
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
  const values = localValues(content, path)
  const set = Object.entries(environmentValues).filter(([, value]) => value !== undefined)
  return { ...values, ...Object.fromEntries(set) }
}

function localValues(content: unknown, path: string): Readonly<Record<string, string>> {
  const bad = (why: string) =>
    new SettingsError('BAD_SETTINGS_FILE', `${path} ${why}, as local.settings.template.json has it.`)
  const file = z
    .object({ IsEncrypted: z.boolean().default(false), Values: z.record(z.string(), z.unknown()).default({}) })
    .safeParse(content)
  if (!file.success) throw bad('needs "Values", an object of strings, and "IsEncrypted", false')
  if (file.data.IsEncrypted)
    throw bad(
      'is encrypted, and only func can read it. Run "func settings decrypt", or set "IsEncrypted" to false and write the values',
    )
  const wrong = Object.entries(file.data.Values).flatMap(([name, value]) =>
    typeof value === 'string'
      ? unknownNameFault(name, value)
      : [`${name} is ${typeof value === 'object' ? 'no text' : `a ${typeof value}`}: write it in quotes.`],
  )
  if (wrong.length > 0)
    throw new SettingsError(
      'BAD_SETTINGS_FILE',
      `${path}, "Values": ${wrong.join(' ')} See local.settings.template.json.`,
    )
  return file.data.Values as Readonly<Record<string, string>>
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
