import type { ModelCard } from '../../models/index.js'
import type { LakeModel } from './streamModels.js'

/** A version of a model as lists show it. */
export interface ModelSummary {
  readonly card: ModelCard
  /** `champion` scores, `previous` did before. */
  readonly alias: 'champion' | 'previous' | undefined
  /** The figures of its training by their names; none for a model that was not trained here. */
  readonly metrics: Readonly<Record<string, number>>
}

/** All versions of a model, the newest last. */
export async function listModels({ versions }: LakeModel): Promise<readonly ModelSummary[]> {
  const pointer = await versions.pointer()
  const aliasOf = (version: string) =>
    version === pointer?.version ? 'champion' : version === pointer?.previous ? 'previous' : undefined
  const summaries: ModelSummary[] = []
  for (const card of await versions.list())
    summaries.push({
      card,
      alias: aliasOf(card.version),
      metrics: metricsOf(await versions.file(card.version, 'metrics.json')),
    })
  return summaries
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
