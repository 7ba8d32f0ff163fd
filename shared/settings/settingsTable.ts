import { z } from 'zod'

import { asObject } from '../types/index.js'
import { type Environment, environment, isSecret, settingNames, unitOf } from './pipelineSettings.js'

/** The default as it would be written in the environment; empty when there is none. */
export function defaultText(name: keyof Environment): string {
  const field: z.ZodType = environment.shape[name]
  const value = field instanceof z.ZodDefault ? field.def.defaultValue : undefined
  const byStream = asObject(value)?.['default']
  if (typeof byStream === 'number') return numberText(byStream)
  if (typeof value !== 'number') return typeof value === 'string' ? value : ''
  const unit = field instanceof z.ZodDefault ? unitOf(field.def.innerType as z.ZodType) : undefined
  if (unit === 'milliseconds') return inUnits(value, timeUnits, ' ', true)
  if (unit === 'bytes') return inUnits(value, sizeUnits, '', false)
  return numberText(value)
}

function numberText(value: number): string {
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 12 })
}

const timeUnits = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const
const sizeUnits = [
  ['GB', 1024 ** 3],
  ['MB', 1024 ** 2],
  ['KB', 1024],
] as const

/** A number in the largest unit of which it is a whole number. */
function inUnits(value: number, units: readonly (readonly [string, number])[], space: string, plural: boolean): string {
  const [name, size] = units.find(([, unitSize]) => value % unitSize === 0) ?? ['', 1]
  const count = value / size
  return `${count}${space}${name}${plural && count !== 1 ? 's' : ''}`
}

/** A Markdown table of all settings, for the documentation. */
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
