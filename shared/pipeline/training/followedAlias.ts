import type { ModelUri, Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import type { LakeModel } from './streamModels.js'

/** The alias of a server that gold follows; undefined for the lake's own models, and for one version or a tag. */
export function followedAlias(uri: ModelUri): string | undefined {
  return uri.kind === 'registry' && uri.select.by === 'alias' ? uri.select.alias : undefined
}

/** The alias that promotions move on a server: that which gold follows, else `champion`. */
export function promotedAlias({ uri }: Pick<LakeModel, 'uri'>): string {
  return followedAlias(uri) ?? 'champion'
}

/**
 * Says that gold does not follow a promotion, because it scores with one version of a server or with a tag.
 * @returns undefined when it follows
 */
export function pinnedNote(lake: Lake, stream: Stream, { uri }: Pick<LakeModel, 'uri'>): string | undefined {
  if (uri.kind === 'lake' || uri.select.by === 'alias') return undefined
  const { name, select } = uri
  const setting = lake.settings.modelUri === undefined ? 'model.uri of the stream' : 'MODEL_URI'
  const alias = `an alias, as models:/${encodeURIComponent(name)}@champion`
  const follows =
    select.by === 'version'
      ? `version ${select.version} of ${name} until ${setting} names another one, or ${alias}`
      : `the version of ${name} that has the tag ${select.key}=${select.value} until another one has it, or ${setting} names ${alias}`
  return `Gold of ${stream.name} does not follow: it scores with ${follows}.`
}
