/** Where a model comes from, read from its URI. */
export type ModelUri =
  /** A folder of the lake's `models/`. */
  | { readonly kind: 'lake'; readonly name: string }
  /** A registered model of an MLflow server, and which of its versions. */
  | { readonly kind: 'registry'; readonly name: string; readonly select: VersionSelect }

/** Which version of a registered model: the one an alias names, a number, or the newest that has a tag. */
export type VersionSelect =
  | { readonly by: 'alias'; readonly alias: string }
  | { readonly by: 'version'; readonly version: string }
  | { readonly by: 'tag'; readonly key: string; readonly value: string }

/** What a model's URI may be, for messages. */
export const modelUriForms =
  'lake:models/<name>, models:/<name>@<alias>, models:/<name>/<version> or models:/<name>?tag=<key>:<value>'

const longestName = 250

/**
 * Reads a model's URI, in which a name's own `/`, `@`, `?` and `%` are percent-encoded.
 *
 * @returns undefined when it is none of {@link modelUriForms}
 */
export function parseModelUri(text: string): ModelUri | undefined {
  const lake = /^lake:models\/([^/?@]+)$/.exec(text)
  if (lake !== null) {
    const name = decoded(lake[1])
    return name === undefined || !isFolderName(name) ? undefined : { kind: 'lake', name }
  }
  const parts = /^models:\/([^/?@]+)(?:@([^/?@]+)|\/([1-9]\d{0,17})|\?tag=([^:&]+):([^&]*))$/.exec(text)
  if (parts === null) return undefined
  const name = decoded(parts[1])
  const select = selectOf(parts)
  return name === undefined || !isModelName(name) || select === undefined
    ? undefined
    : { kind: 'registry', name, select }
}

function selectOf([, , aliasText, version, keyText, valueText]: readonly (string | undefined)[]):
  VersionSelect | undefined {
  if (version !== undefined) return { by: 'version', version }
  if (aliasText !== undefined) {
    const alias = decoded(aliasText)
    return alias === undefined ? undefined : { by: 'alias', alias }
  }
  const [key, value] = [decoded(keyText), decoded(valueText)]
  return key === undefined || value === undefined ? undefined : { by: 'tag', key, value }
}

/** Names become parts of paths and addresses: none that leads elsewhere, none that a log cannot show. */
function isModelName(name: string): boolean {
  return name.length <= longestName && name !== '.' && name !== '..' && !/[\u0000-\u001f\u007f\\]/.test(name)
}

function isFolderName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name)
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return undefined
  }
}
