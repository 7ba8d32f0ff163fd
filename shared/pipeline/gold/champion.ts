import type { Stream } from '../../contract/stream.js'
import { asError } from '../../errors.js'
import { FolderModelSource } from '../../models/folderModelSource.js'
import type { ModelCard } from '../../models/modelCard.js'
import { openOnnxScorer } from '../../models/onnxScorer.js'
import type { Scorer } from '../../models/scorer.js'
import { starterModel } from '../../models/starterModel.js'
import type { Lake } from '../lake.js'
import { requireFeatures } from './features.js'

/** A model that is ready to score a stream. */
export interface ReadyModel {
  readonly card: ModelCard
  readonly scorer: Scorer
}

/** The last good model of each lake, kept as long as the lake: a broken successor must not stop the scoring. */
const ready = new WeakMap<Lake, ReadyModel>()

/** What was said already; a warning once a process is enough. */
const told = new WeakMap<Lake, Set<string>>()

/**
 * The model that is champion now, or `undefined` when it is for another stream. Asked once a run; loaded again only when
 * the champion is another. A lake without a model of that name gets the one that ships, if it is for this stream.
 *
 * @throws ModelError, PipelineError MODEL_MISMATCH when it does not fit and there is no earlier one that does
 */
export async function championFor(lake: Lake, stream: Stream): Promise<ReadyModel | undefined> {
  try {
    return await currentFor(lake, stream)
  } catch (thrown) {
    const last = ready.get(lake)
    if (last === undefined || last.card.stream !== stream.name || !fits(last.card, stream)) throw thrown
    const { name, version } = last.card
    lake.log.warn(`Model ${name} goes on as version ${version}: ${asError(thrown).message}`, { stream: stream.name, model: name, version })
    return last
  }
}

async function currentFor(lake: Lake, stream: Stream): Promise<ReadyModel | undefined> {
  const name = lake.settings.modelName
  const source = new FolderModelSource(lake.store.within('models'), name)
  let champion = await source.champion()
  if (champion === undefined) {
    const starter = starterModel(name)
    if (starter.card.stream !== stream.name || !fits(starter.card, stream)) {
      tellOnce(lake, stream, `there is no model ${name}; put one into models/${name} of the lake`)
      return undefined
    }
    await source.install(starter)
    champion = await source.champion()
    lake.log.info(`Installed the model that ships as models/${name}.`, { stream: stream.name, model: name, version: champion?.version })
    if (champion === undefined) return undefined
  }
  const known = ready.get(lake)
  const isKnown = known?.card.version === champion.version && known.card.sha256 === champion.digest
  const files = isKnown ? undefined : await source.load(champion.version)
  const card = files?.card ?? known?.card
  if (card === undefined) return undefined
  if (card.stream !== stream.name) {
    tellOnce(lake, stream, `the model ${name} is for ${card.stream}; set MODEL_NAME to one for ${stream.name}, or retrain`)
    return undefined
  }
  requireFeatures(card, stream)
  if (files === undefined) return known
  const model = { card, scorer: await openOnnxScorer(files) }
  // The one before is not closed: another run may be scoring with it.
  ready.set(lake, model)
  return model
}

function fits(card: ModelCard, stream: Stream): boolean {
  try {
    requireFeatures(card, stream)
    return true
  } catch {
    return false
  }
}

function tellOnce(lake: Lake, stream: Stream, why: string): void {
  const seen = told.get(lake) ?? new Set<string>()
  told.set(lake, seen)
  if (seen.has(`${stream.name}: ${why}`)) return
  seen.add(`${stream.name}: ${why}`)
  lake.log.warn(`Events of ${stream.name} get no score: ${why}.`, { stream: stream.name })
}
