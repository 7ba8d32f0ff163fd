import type { Stream } from '../../contract/index.js'
import { asError, isRetryable } from '../../errors.js'
import { isRuntimeStart, modelDigest, ModelError, type ModelFiles, type ModelSource } from '../../models/index.js'
import { elapsedMs } from '../../storage/index.js'
import type { Lake } from '../lake/index.js'
import { reportPaused } from '../pause/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type Trigger } from '../step/index.js'
import { type ModelPlace, modelPlace } from './modelPlace.js'
import { faultOf, type ModelFault, type ModelStatus, readModelStatus, writeModelStatus } from './modelStatus.js'
import { openRegistry } from './openRegistry.js'
import { openStreamModel } from './openStreamModel.js'

/** Opens the server that a model comes from. @throws CodedError when there is none, or its settings cannot be used */
export type RegistryOpener = (lake: Lake, stream: Stream, place: ModelPlace) => Promise<ModelSource>

/**
 * Asks the servers for the models of the streams, and copies those that are new into the lake. A model that cannot be
 * had, or does not pass its checks, changes nothing but the status: gold goes on with the copy of before.
 */
export async function refreshModels(
  lake: Lake,
  trigger: Trigger,
  open: RegistryOpener = openRegistry,
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = []
  for (const stream of lake.streams) {
    const place = modelPlace(lake, stream)
    if (place?.uri.kind !== 'registry') continue
    const start = { step: 'models', stream: stream.name, trigger } as const
    const paused = await reportPaused(lake, start)
    reports.push(paused ?? (await reportStep(lake, startStep(lake, start), refreshModel(lake, stream, place, open))))
  }
  return reports
}

/**
 * The same of one stream.
 * @throws CodedError what keeps the server's model from being the lake's; it is in the status too
 */
export async function refreshModel(
  lake: Lake,
  stream: Stream,
  place: ModelPlace,
  open: RegistryOpener = openRegistry,
): Promise<StepResult> {
  const before = await readModelStatus(place, 'status')
  let loading: string | undefined
  try {
    const source = await open(lake, stream, place)
    const champion = await source.champion()
    if (champion === undefined) {
      const remedy = 'Give a version of it that alias or tag, or correct MODEL_URI or model.uri of the stream.'
      throw new ModelError('MODEL_MISSING', `The server has no ${place.text}. ${remedy}`, { data: { uri: place.text } })
    }
    const { version, digest } = champion
    // A copy that is damaged is no reason to stop: it is made again.
    const copy = await place.source.champion().catch(() => undefined)
    const isNew = copy?.version !== version || (digest !== '' && copy.digest !== digest)
    if (isNew) {
      requireNoRefusal(before, version, await lake.store.now())
      loading = version
      const files = await source.load(version)
      await checkModel(lake, stream, files)
      await place.source.replace(files)
    }
    const now = await lake.store.now()
    await writeModelStatus(place, 'status', { checkedAt: now, okAt: now, version })
    if (isNew)
      lake.log.info(`Copied ${place.text}, version ${version}, into the lake.`, { stream: stream.name, version })
    const detail = { model: place.text, modelVersion: version, copied: isNew }
    return { rowsIn: 0, rowsOut: 0, version: undefined, detail }
  } catch (thrown) {
    const now = await lake.store.now()
    const fault = faultOf(thrown, before, now)
    // What passes by itself, or is no fault of the version's, is tried again at the next run.
    const refused =
      isRetryable(asError(thrown)) || isRuntimeStart(thrown)
        ? {}
        : loading === undefined
          ? refusalOf(before)
          : { version: loading, triedAt: now }
    await writeModelStatus(place, 'status', { ...before, checkedAt: now, fault: { ...fault, ...refused } })
    throw thrown
  }
}

/** How long a version that did not pass is left alone, so that it is not downloaded at each run. Milliseconds. */
const refusalMs = 3_600_000

/** @throws ModelError the fault of before, while it is about this version and not old */
function requireNoRefusal(before: ModelStatus | undefined, version: string, now: number): void {
  const fault = before?.fault
  if (fault?.triedAt === undefined || fault.version !== version) return
  const passed = elapsedMs(fault.triedAt, now)
  if (passed === undefined || passed > refusalMs) return
  throw new ModelError(fault.code === 'MODEL_LIMIT' ? 'MODEL_LIMIT' : 'MODEL_MISMATCH', fault.message)
}

function refusalOf(before: ModelStatus | undefined): Pick<ModelFault, 'version' | 'triedAt'> {
  const { version, triedAt } = before?.fault ?? {}
  return { version, triedAt }
}

/**
 * Holds a model against the stream and against itself, before it may score.
 * @throws ModelError, PipelineError MODEL_MISMATCH, MODEL_LIMIT
 */
async function checkModel(lake: Lake, stream: Stream, files: ModelFiles): Promise<void> {
  const { card, onnx, external } = files
  const digest = modelDigest(onnx, external)
  if (card.sha256 !== digest) {
    throw new ModelError(
      'MODEL_MISMATCH',
      `Model ${card.name}, version ${card.version}, has the digest ${digest} and says ${card.sha256}: it was not downloaded whole, or was replaced. Register it again.`,
      { data: { model: card.name, version: card.version, digest, expected: card.sha256 } },
    )
  }
  const { scorer } = await openStreamModel(lake, stream, files)
  await scorer.close()
}
