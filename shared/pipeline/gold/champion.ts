import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import {
  FolderModelSource,
  type ModelCard,
  ModelError,
  openOnnxScorer,
  type Scorer,
  starterModel,
} from '../../models/index.js'
import { requireFeatures } from '../features/index.js'
import type { Lake } from '../lake/index.js'

/** A model that is ready to score a stream. */
export interface ReadyModel {
  readonly card: ModelCard
  readonly scorer: Scorer
}

/** How long a model that failed is left alone while an earlier one scores. Milliseconds. */
const refusalMs = 600_000

/** What a process knows of a stream's models, as long as it has the lake. */
interface Known {
  /** The model that scores, and the one that did before it: a broken successor must not stop the scoring. */
  current?: ReadyModel | undefined
  previous?: ReadyModel | undefined
  /** The model that failed last, and until when it is not tried again. */
  refused?: { readonly key: string; readonly until: number; readonly error: Error } | undefined
}

const known = new WeakMap<Lake, Map<string, Known>>()

/** Warnings that were logged already; once a process is enough. */
const told = new WeakMap<Lake, Set<string>>()

/**
 * Scores with the model that is champion now, `undefined` when it is for another stream. Asked once a run; loaded again
 * only when the champion is another. A lake without a model of that name gets the one that ships, if it is for this
 * stream. A model that fails, or takes more time or memory than it may, is left alone for a while and the last good one
 * does the work again, all of it: what one call makes is of one model.
 *
 * @param score called again with an earlier model when it throws what a model did
 * @throws ModelError, PipelineError MODEL_MISMATCH when the champion does not fit or fails and there is no earlier one
 */
export async function withChampion<T>(
  lake: Lake,
  stream: Stream,
  score: (model: ReadyModel | undefined) => Promise<T>,
): Promise<T> {
  const model = await championFor(lake, stream)
  try {
    return await score(model)
  } catch (thrown) {
    const state = stateOf(lake, stream)
    if (
      model === undefined ||
      !(thrown instanceof ModelError) ||
      state.current !== model ||
      state.previous === undefined
    )
      throw thrown
    refuse(lake, stream, keyOf(model.card.version, model.card.sha256), thrown)
    state.current = state.previous
    state.previous = undefined
    return await score(state.current)
  }
}

async function championFor(lake: Lake, stream: Stream): Promise<ReadyModel | undefined> {
  const state = stateOf(lake, stream)
  try {
    return await currentFor(lake, stream, state)
  } catch (thrown) {
    const last = state.current
    if (last === undefined || !fits(last.card, stream)) throw thrown
    const { name, version } = last.card
    lake.log.warn(`Model ${name} goes on as version ${version}: ${asError(thrown).message}`, {
      stream: stream.name,
      model: name,
      version,
    })
    return last
  }
}

async function currentFor(lake: Lake, stream: Stream, state: Known): Promise<ReadyModel | undefined> {
  const name = lake.settings.modelName.replaceAll('{stream}', stream.name)
  const source = new FolderModelSource(lake.store.within('models'), name)
  let champion = await source.champion()
  if (champion === undefined) {
    const starter = starterModel(name)
    if (starter.card.stream !== stream.name || !fits(starter.card, stream)) {
      tellOnce(
        lake,
        stream,
        `there is no model ${name}; put one into models/${name} of the lake. The summary goes on without scores`,
      )
      return undefined
    }
    await source.install(starter)
    champion = await source.champion()
    lake.log.info(`Installed the model that ships as models/${name}.`, {
      stream: stream.name,
      model: name,
      version: champion?.version,
    })
    if (champion === undefined) return undefined
  }
  const { current, refused } = state
  const key = keyOf(champion.version, champion.digest)
  if (current !== undefined && keyOf(current.card.version, current.card.sha256) === key) {
    requireFeatures(current.card, stream)
    return current
  }
  // Loading it once more could take as long as it may, in every run.
  if (refused?.key === key && current !== undefined && performance.now() < refused.until) throw refused.error
  const files = await source.load(champion.version)
  const { card } = files
  if (card.stream !== stream.name) {
    tellOnce(
      lake,
      stream,
      `the model ${name} is for ${card.stream}; the summary goes on without scores. MODEL_NAME may hold {stream}, for a model of each stream's own`,
    )
    return undefined
  }
  requireFeatures(card, stream)
  const { modelTimeout, modelMemoryLimit } = lake.settings
  try {
    const scorer = await openOnnxScorer(files, { timeoutMs: modelTimeout, memoryLimit: modelMemoryLimit })
    // The one before is not closed: another run may be scoring with it.
    state.previous = current
    state.current = { card, scorer }
    return state.current
  } catch (thrown) {
    refuse(lake, stream, key, asError(thrown))
    throw thrown
  }
}

function refuse(lake: Lake, stream: Stream, key: string, error: Error): void {
  stateOf(lake, stream).refused = { key, until: performance.now() + refusalMs, error }
}

function stateOf(lake: Lake, stream: Stream): Known {
  const states = known.get(lake) ?? new Map<string, Known>()
  known.set(lake, states)
  const state = states.get(stream.name) ?? {}
  states.set(stream.name, state)
  return state
}

const keyOf = (version: string, digest: string) => `${version}@${digest}`

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
