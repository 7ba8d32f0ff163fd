import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import { elapsedMs } from '../../storage/index.js'
import { inWords } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { ModelPlace, ModelStatus } from '../models/index.js'

/** What is wrong with a stream's model, in words: for too long, or not yet. */
export interface ModelHealth {
  readonly stopped: readonly string[]
  readonly notes: readonly string[]
  /** Seconds that the longest of them has lasted; 0 when all is well, undefined when it is not known. */
  readonly faultSeconds: number | undefined
}

const well: ModelHealth = { stopped: [], notes: [], faultSeconds: 0 }

/**
 * How it stands with the model of a stream: whether the newest version scores, and whether a server's model is copied.
 * A fault that has lasted longer than MODEL_FAULT_DEGRADED stops the layer; a shorter one is a remark.
 *
 * @param now milliseconds of the storage's clock
 */
export async function modelHealth(lake: Lake, stream: Stream, now: number): Promise<ModelHealth> {
  if (stream.model === undefined) return well
  try {
    const { modelPlace, readModelStatus } = await import('../models/index.js')
    const place = modelPlace(lake, stream)
    if (place === undefined) return well
    const patience = lake.settings.modelFaultDegraded
    const scored = await readModelStatus(place, 'scoring')
    const isOver = scored?.fault !== undefined && (await championOf(place)) === scored.version
    const scoring = isOver ? well : faultIn(scored, now, patience, `the model ${place.text} cannot score`)
    if (place.uri.kind === 'lake') return scoring
    const status = await readModelStatus(place, 'status')
    return joined([
      scoring,
      faultIn(status, now, patience, `the model ${place.text} cannot be renewed`),
      unasked(status, now, patience),
    ])
  } catch (error) {
    return {
      ...well,
      faultSeconds: undefined,
      notes: [`how it stands with its model is not known: ${asError(error).message}`],
    }
  }
}

/** Scoring says that a fault is over when it has rows to score; who promotes the version that scores has ended it before. */
async function championOf(place: ModelPlace): Promise<string | undefined> {
  return (await place.source.champion().catch(() => undefined))?.version
}

function faultIn(status: ModelStatus | undefined, now: number, patience: number, what: string): ModelHealth {
  const { fault, version } = status ?? {}
  if (fault === undefined) return well
  const lasted = elapsedMs(fault.since, now) ?? 0
  const meanwhile = version === undefined ? 'no version scores' : `version ${version} scores`
  const sentence = `${what} for ${inWords(lasted / 1000)}, and ${meanwhile}: ${fault.message}`
  const faultSeconds = lasted / 1000
  return lasted > patience
    ? { stopped: [sentence], notes: [], faultSeconds }
    : { stopped: [], notes: [sentence], faultSeconds }
}

/** A server that nobody asks is no better than one that does not answer. */
function unasked(status: ModelStatus | undefined, now: number, patience: number): ModelHealth {
  const passed = status === undefined ? undefined : elapsedMs(status.checkedAt, now)
  if (passed === undefined || passed <= patience) return well
  const sentence = `nobody has asked the server for a new model for ${inWords(passed / 1000)}: the function models does not run`
  return { stopped: [sentence], notes: [], faultSeconds: passed / 1000 }
}

function joined(parts: readonly ModelHealth[]): ModelHealth {
  return {
    stopped: parts.flatMap(part => part.stopped),
    notes: parts.flatMap(part => part.notes),
    faultSeconds: Math.max(...parts.map(part => part.faultSeconds ?? 0)),
  }
}
