import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import { type Champion, isRuntimeStart, ModelError, type ModelFiles } from '../../models/index.js'
import { fits, requireFeatures } from '../features/index.js'
import type { Lake } from '../lake/index.js'
import {
  installFirstModel,
  type ModelPlace,
  modelPlace,
  openRegistryOnce,
  openStreamModel,
  recordScoring,
  refreshModel,
  type StreamScorer,
} from '../models/index.js'
import { anomalyThreshold } from './anomalyThreshold.js'

/** A model that is ready to score a stream. */
export interface ReadyModel extends StreamScorer {
  /** A score beyond it is an anomaly, on that side of it. */
  readonly threshold: number
  readonly anomalies: 'above' | 'below'
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
  /** Until when a server is not asked for its first model again by a run of gold. */
  askedUntil?: number | undefined
}

const known = new WeakMap<Lake, Map<string, Known>>()

/** Warnings that were logged already; once a process is enough. */
const warned = new WeakMap<Lake, Set<string>>()

/**
 * Scores with the model that is champion now, `undefined` for a stream without one, or when it is for another stream.
 * Asked once a run; loaded again only when the champion is another. A lake without a model of that name gets the one that
 * ships, if it is for this stream. A model that fails, or takes more time or memory than it may, is left alone for a while and the last good one
 * does the work again, all of it: what one call makes is of one model.
 *
 * @param score called again with an earlier model when it throws what a model did
 * @throws ModelError, PipelineError MODEL_MISMATCH when the champion does not fit or fails and there is no earlier one;
 * MODEL_RUNTIME_START when no model can score here
 */
export async function withChampion<T>(
  lake: Lake,
  stream: Stream,
  score: (model: ReadyModel | undefined) => Promise<T>,
): Promise<T> {
  const place = modelPlace(lake, stream)
  if (place === undefined) return await score(undefined)
  const model = await championFor(lake, stream, place)
  try {
    return await score(model)
  } catch (thrown) {
    const state = stateOf(lake, stream)
    if (model === undefined || !(thrown instanceof ModelError)) throw thrown
    const mayFallBack = state.current === model && !isRuntimeStart(thrown)
    const earlier = mayFallBack ? (state.previous ?? (await previousFor(lake, stream, place, model))) : undefined
    await recordScoring(lake, place, earlier?.card.version, thrown)
    if (earlier === undefined) throw thrown
    refuse(lake, stream, keyOf(model.card.version, model.card.sha256), thrown)
    state.current = earlier
    state.previous = undefined
    return await score(earlier)
  }
}

async function championFor(lake: Lake, stream: Stream, place: ModelPlace): Promise<ReadyModel | undefined> {
  const state = stateOf(lake, stream)
  try {
    const model = await currentFor(lake, stream, place)
    if (model !== undefined) await recordScoring(lake, place, model.card.version, undefined)
    return model
  } catch (thrown) {
    const error = asError(thrown)
    if (!isRuntimeStart(thrown)) state.current ??= await previousFor(lake, stream, place)
    const last = state.current
    await recordScoring(lake, place, last?.card.version, error)
    if (last === undefined || !fits(last.card, stream)) throw thrown
    const { name, version } = last.card
    lake.log.warn(`Model ${name} goes on as version ${version}: ${error.message}`, {
      stream: stream.name,
      model: name,
      version,
    })
    return last
  }
}

/**
 * In a process that knows no earlier model: the one that scored before the champion.
 * @param failed a model that must not be the answer
 */
async function previousFor(
  lake: Lake,
  stream: Stream,
  place: ModelPlace,
  failed?: ReadyModel,
): Promise<ReadyModel | undefined> {
  try {
    const previous = await place.source.previous()
    if (previous === undefined || previous.version === failed?.card.version) return undefined
    const files = await place.source.load(previous.version)
    if (files.card.stream !== stream.name) return undefined
    return await openModel(lake, stream, files)
  } catch (error) {
    lake.log.warn(`The model before it cannot score either: ${asError(error).message}`, { stream: stream.name })
    return undefined
  }
}

async function currentFor(lake: Lake, stream: Stream, place: ModelPlace): Promise<ReadyModel | undefined> {
  const state = stateOf(lake, stream)
  const champion = (await place.source.champion()) ?? (await firstChampion(lake, stream, place))
  if (champion === undefined) return undefined
  const { current, refused } = state
  const key = keyOf(champion.version, champion.digest)
  if (current !== undefined && keyOf(current.card.version, current.card.sha256) === key) {
    requireFeatures(current.card, stream)
    return current
  }
  // Loading it once more could take as long as it may, in every run.
  if (refused?.key === key && current !== undefined && performance.now() < refused.until) throw refused.error
  const files = await place.source.load(champion.version)
  const { card } = files
  if (card.stream !== stream.name) {
    const remedy = "MODEL_URI may hold {stream}, for a model of each stream's own"
    warnOnce(
      lake,
      stream,
      `the model ${card.name} is for ${card.stream}; the summary goes on without scores. ${remedy}`,
    )
    return undefined
  }
  requireFeatures(card, stream)
  try {
    const ready = await openModel(lake, stream, files)
    // The one before is not closed: another run may be scoring with it.
    state.previous = current
    state.current = ready
    return ready
  } catch (thrown) {
    if (!isRuntimeStart(thrown)) refuse(lake, stream, key, asError(thrown))
    throw thrown
  }
}

async function openModel(lake: Lake, stream: Stream, files: ModelFiles): Promise<ReadyModel> {
  const { card, scorer } = await openStreamModel(lake, stream, files)
  return {
    card,
    scorer,
    threshold: anomalyThreshold(lake.settings, stream, card),
    anomalies: stream.model?.anomalies ?? 'above',
  }
}

/** What a stream's folder gets when it has no model: one of the lake, or a copy of the server's. */
async function firstChampion(lake: Lake, stream: Stream, place: ModelPlace): Promise<Champion | undefined> {
  if (place.uri.kind === 'lake') {
    const champion = await installFirstModel(lake, stream, place)
    if (champion === undefined)
      warnOnce(
        lake,
        stream,
        `there is no model; put one into ${place.path} of the lake. The summary goes on without scores`,
      )
    return champion
  }
  const state = stateOf(lake, stream)
  if (performance.now() < (state.askedUntil ?? 0)) return undefined
  state.askedUntil = performance.now() + refusalMs
  try {
    await refreshModel(lake, stream, place, openRegistryOnce)
  } catch (error) {
    warnOnce(lake, stream, `${asError(error).message} The summary goes on without scores`)
  }
  return await place.source.champion()
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

function warnOnce(lake: Lake, stream: Stream, why: string): void {
  const seen = warned.get(lake) ?? new Set<string>()
  warned.set(lake, seen)
  if (seen.has(`${stream.name}: ${why}`)) return
  seen.add(`${stream.name}: ${why}`)
  lake.log.warn(`Events of ${stream.name} get no score: ${why}.`, { stream: stream.name })
}
