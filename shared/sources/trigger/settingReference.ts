import { cadenceOf, type CadenceSetting, defaultText, type SettingValues } from '../../settings/index.js'

/**
 * A setting as a binding names it, so that the platform reads it too (to scale, and to keep secrets out of the app's
 * metadata): `%NAME%` where it is set, its default where it is not, since an unknown `%NAME%` fails the function.
 */
export function settingReference(name: Parameters<typeof defaultText>[0], values: SettingValues): string {
  return (values[name] ?? '').trim() === '' ? defaultText(name) : `%${name}%`
}

/** When silver or gold runs, as a timer's binding names it: by a schedule of its own, or else by FRESHNESS_TARGET. */
export function cadenceReference(name: CadenceSetting, values: SettingValues): string {
  return isSettingGiven(name, values) ? `%${name}%` : cadenceOf(name, values['FRESHNESS_TARGET'])
}

/** Whether a setting has a value of its own, for what exists only where it is asked for. */
export function isSettingGiven(name: Parameters<typeof defaultText>[0], values: SettingValues): boolean {
  return (values[name] ?? '').trim() !== ''
}
