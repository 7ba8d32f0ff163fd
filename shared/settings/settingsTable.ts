import { z } from 'zod'
import { environment, type Environment, isSecret, settingNames } from './environment.js'

/** The default as it would be written in the environment; empty when there is none. */
export function defaultText(name: keyof Environment): string {
  const field: z.ZodType = environment.shape[name]
  const value = field instanceof z.ZodDefault ? field.def.defaultValue : undefined
  if (typeof value !== 'number') return typeof value === 'string' ? value : ''
  if (name.startsWith('FRESHNESS_')) return `${String(value / 60_000)} minutes`
  if (name === 'VACUUM_RETENTION') return `${String(value / 86_400_000)} days`
  if (name === 'COMPACTION_TARGET_SIZE') return `${String(value / 1024 ** 2)}MB`
  if (name === 'SILVER_MEMORY_LIMIT' || name === 'TEMP_LIMIT' || name === 'COMPACTION_MAX_BYTES') return `${String(value / 1024 ** 3)}GB`
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 12 })
}

/** A Markdown table of all settings, for README. */
export function settingsTable(): string {
  const rows = settingNames.map(name => {
    const fallback = defaultText(name)
    const description = environment.shape[name].description ?? ''
    const shown = isSecret(name) ? 'secret' : fallback === '' ? '' : `\`${fallback}\``
    return `| \`${name}\` | ${shown} | ${choices(name)}${description} |`
  })
  return ['| setting | default | what it is |', '|---|---|---|', ...rows, ''].join('\n')
}

function choices(name: keyof Environment): string {
  let field: unknown = environment.shape[name]
  while (field instanceof z.ZodDefault || field instanceof z.ZodOptional) field = field.unwrap()
  return field instanceof z.ZodEnum ? `${field.options.map(option => `\`${String(option)}\``).join(', ')}. ` : ''
}
