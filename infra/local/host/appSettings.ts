import { HostError } from './hostError.js'

/** App settings by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Replaces every `%NAME%` by the app setting of that name. */
export function resolveText(text: string, settings: Environment): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name]
    if (value === undefined || value.trim() === '') {
      const what = value === undefined ? 'missing' : 'empty'
      throw new HostError('SETTING_MISSING', `The setting ${name} is ${what}: a binding refers to it as %${name}%.`)
    }
    return value
  })
}

/**
 * How the Kafka extension reads a binding's text: `%NAME%` first; then, where the result is itself the name of an app
 * setting, that setting's value.
 */
export function resolveSecret(text: string, settings: Environment): string {
  const resolved = resolveText(text, settings)
  return settings[resolved] ?? resolved
}

/** Whether an app setting switches a function off: `AzureWebJobs.silver.Disabled=true`, or `AzureWebJobs__silver__Disabled`. */
export function isDisabled(functionName: string, settings: Environment): boolean {
  const names = [`AzureWebJobs.${functionName}.Disabled`, `AzureWebJobs__${functionName}__Disabled`]
  return names.some(name => /^(?:true|1)$/i.test(settings[name]?.trim() ?? ''))
}
