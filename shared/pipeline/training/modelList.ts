import { asError } from '../../errors.js'
import type { ModelCard } from '../../models/index.js'
import { digestTag, openMlflow, previousAlias, type RegisteredVersion } from '../../models/mlflow/index.js'
import type { Lake } from '../lake/index.js'
import { promotedAlias } from './followedAlias.js'
import type { LakeModel } from './streamModels.js'

/** Which version scores, and which did before. */
export type ModelAlias = 'champion' | 'previous'

/** A version of a model as lists show it. */
export interface ModelSummary {
  readonly card: ModelCard
  readonly alias: ModelAlias | undefined
  /** The figures of its training by their names; none for a model that was not trained here. */
  readonly metrics: Readonly<Record<string, number>>
  /** Its number on the server that gold takes the model from. */
  readonly serverVersion: string | undefined
}

/** All versions of a model. */
export interface ModelList {
  /** Those of the lake, the newest last. */
  readonly versions: readonly ModelSummary[]
  /** Those that others have put on the server that gold takes the model from, the newest last. */
  readonly others: readonly { readonly version: string; readonly alias: ModelAlias | undefined }[]
  /** Why the aliases are the lake's own, although gold takes the model from a server. */
  readonly fault: string | undefined
}

/**
 * All versions of a model: their aliases are those of the server that gold takes it from, else the lake's pointer.
 * @throws ModelError MODEL_MISMATCH for a card or a pointer that cannot be read
 */
export async function listModels(lake: Lake, model: LakeModel): Promise<ModelList> {
  const { versions } = model
  const pointer = await versions.pointer()
  const cards = await versions.list()
  const { registered, aliases, fault } = await registeredVersions(lake, model)
  const summaries: ModelSummary[] = []
  const own = new Set<string>()
  for (const card of cards) {
    const there = registered.find(version => version.tags.get(digestTag) === card.sha256)
    if (there !== undefined) own.add(there.version)
    const ofLake =
      card.version === pointer?.version ? 'champion' : card.version === pointer?.previous ? 'previous' : undefined
    summaries.push({
      card,
      alias: aliases === undefined ? ofLake : aliases.get(there?.version ?? ''),
      metrics: metricsOf(await versions.file(card.version, 'metrics.json')),
      serverVersion: there?.version,
    })
  }
  const others = registered
    .filter(({ version }) => !own.has(version))
    .map(({ version }) => ({ version, alias: aliases?.get(version) }))
    .toSorted((a, b) => Number(a.version) - Number(b.version))
  return { versions: summaries, others, fault }
}

interface Registered {
  readonly registered: readonly RegisteredVersion[]
  /** By the server's numbers; undefined where no server has them. */
  readonly aliases: ReadonlyMap<string, ModelAlias> | undefined
  readonly fault: string | undefined
}

async function registeredVersions(lake: Lake, model: LakeModel): Promise<Registered> {
  const none = { registered: [], aliases: undefined, fault: undefined }
  const server = model.uri.kind === 'registry' ? openMlflow(lake.settings, lake.store) : undefined
  if (server === undefined) return none
  const { registry } = server
  const { name } = model.uri
  try {
    const registered = await registry.versions(name)
    if (!registry.hasAliases) return { ...none, registered }
    const alias = promotedAlias(model)
    const aliases = new Map<string, ModelAlias>()
    for (const [shown, asked] of [
      ['previous', previousAlias(alias)],
      ['champion', alias],
    ] as const) {
      const found = await registry.find(name, { by: 'alias', alias: asked })
      if (found !== undefined) aliases.set(found.version, shown)
    }
    return { registered, aliases, fault: undefined }
  } catch (error) {
    const why = asError(error).message
    return { ...none, fault: `The aliases are those of the lake, because the server does not tell its own: ${why}` }
  }
}

function metricsOf(bytes: Uint8Array | undefined): Readonly<Record<string, number>> {
  if (bytes === undefined) return {}
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const entries = typeof json === 'object' && json !== null ? Object.entries(json) : []
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
  } catch {
    // Figures are for people; the model is as good without them.
    return {}
  }
}
