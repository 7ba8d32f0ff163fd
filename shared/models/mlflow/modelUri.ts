import { MlflowError } from './mlflowError.js'

/** Which version of a registered model is meant. */
export type VersionSelector =
  | { readonly alias: string }
  | { readonly version: string }
  /** The newest version that has this tag: for registries without aliases. */
  | { readonly tag: { readonly key: string; readonly value: string } }

/** A registered model and one of its versions. */
export interface ModelUri {
  readonly name: string
  readonly selector: VersionSelector
}

const forms = 'models:/name@alias, models:/name/3 or models:/name?tag=key:value'

/**
 * Reads `models:/events-anomaly@champion`, `models:/events-anomaly/3` or `models:/events-anomaly?tag=stage:production`.
 * What is reserved in a URI is percent-encoded, as a slash in a name: `models:/team%2Fanomaly@champion`.
 *
 * @throws MlflowError MLFLOW_BAD_ADDRESS for anything else
 */
export function parseModelUri(uri: string): ModelUri {
  const fail = (why: string) =>
    new MlflowError('MLFLOW_BAD_ADDRESS', `"${uri}" is no address of a registered model: ${why}. Use ${forms}.`, {
      data: { uri },
    })
  const text = (encoded: string, what: string) => {
    let plain
    try {
      plain = decodeURIComponent(encoded)
    } catch {
      throw fail(`the ${what} is not percent-encoded text`)
    }
    if (plain === '' || plain === '.' || plain === '..' || plain.trim() !== plain)
      throw fail(`it has no usable ${what}`)
    return plain
  }
  const match = /^models:\/+([^/@?#]+)(?:@([^/@?#]+)|\/([^/@?#]+)|\?tag=([^:#]+):([^#]+))$/.exec(uri)
  if (match === null) throw fail('a name and one of alias, version and tag are needed')
  const [, name = '', alias, version, key, value = ''] = match
  const named = text(name, 'name')
  if (alias !== undefined) return { name: named, selector: { alias: text(alias, 'alias') } }
  if (key !== undefined) return { name: named, selector: { tag: { key: text(key, 'tag'), value: text(value, 'tag') } } }
  if (!/^[1-9]\d*$/.test(version ?? ''))
    throw fail(
      `"${version ?? ''}" is no version; stages and "latest" are not followed, because MLflow no longer has stages`,
    )
  return { name: named, selector: { version: version ?? '' } }
}
