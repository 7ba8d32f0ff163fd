import { asObject } from '../../../shared/types/index.js'
import type { Environment } from './appSettings.js'

const prefix = /^AzureFunctionsJobHost(?:__|:)/i

/**
 * A host.json with the app settings that stand in place of its values, as the host reads them:
 * `AzureFunctionsJobHost__extensions__kafka__maxBatchSize=100`. Numbers and true and false are what they look like.
 */
export function withOverrides(root: unknown, settings: Environment): unknown {
  let changed = root
  for (const [name, text] of Object.entries(settings)) {
    if (text === undefined || !prefix.test(name)) continue
    const path = name.replace(prefix, '').split(/__|:/)
    changed = withValue(changed, path, valueOf(text.trim()))
  }
  return changed
}

function withValue(value: unknown, [first, ...rest]: readonly string[], given: unknown): unknown {
  if (first === undefined) return given
  const object = asObject(value) ?? {}
  const known = Object.keys(object).find(name => name.toLowerCase() === first.toLowerCase()) ?? first
  return { ...object, [known]: withValue(object[known], rest, given) }
}

function valueOf(text: string): unknown {
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}
