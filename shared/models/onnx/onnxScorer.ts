import { ModelError } from '../modelError.js'
import type { ModelFiles } from '../modelSource.js'
import { checkGolden } from './checkCard.js'
import { mismatch } from './mismatch.js'
import { type ModelLimits, type OnnxRuntime, onnxRuntime } from './onnxRuntime.js'
import { type OnnxFailure, type OnnxRequest, type OnnxThread, OnnxThreadError } from './onnxThread.js'
import { startError } from './runtimeStart.js'
import type { Scorer } from './scorer.js'
import { bindTensors, type TensorBinding } from './tensorBinding.js'

/** What a model may use where nobody says otherwise. */
export const defaultModelLimits: ModelLimits = { timeoutMs: 60_000, memoryLimit: 512 * 2 ** 20 }

const loading = 'loading it'

/** Names models to the thread that has several. */
let nextModel = 0

/**
 * Makes an ONNX model ready, apart from this thread, and holds it against its card: tensors' names, types and shapes, and
 * the golden vectors.
 *
 * @throws ModelError MODEL_MISMATCH naming what differs; MODEL_LIMIT when it takes more time or memory than it may;
 * MODEL_RUNTIME_START when no model can be loaded here
 */
export async function openOnnxScorer(files: ModelFiles, limits: ModelLimits = defaultModelLimits): Promise<Scorer> {
  const scorer = new OnnxScorer(files, limits)
  try {
    await scorer.open()
    await checkGolden(scorer, files.card)
  } catch (error) {
    await scorer.close()
    throw error
  }
  return scorer
}

class OnnxScorer implements Scorer {
  readonly #files: ModelFiles
  readonly #limits: ModelLimits
  readonly #runtime: OnnxRuntime
  readonly #model = nextModel++
  /** The thread that has the model loaded; another one has to load it first. */
  #loadedBy: OnnxThread | undefined
  #binding: TensorBinding | undefined

  constructor(files: ModelFiles, limits: ModelLimits) {
    this.#files = files
    this.#limits = limits
    this.#runtime = onnxRuntime(limits.memoryLimit)
  }

  /** Loads the model unless it is loaded. */
  async open(): Promise<void> {
    await this.#runtime.inTurn(thread => this.#load(thread))
  }

  async score(features: Float32Array, rows: number): Promise<Float32Array> {
    if (rows === 0) return new Float32Array()
    const answer = await this.#runtime.inTurn(async thread => {
      const binding = await this.#load(thread)
      return await this.#call(
        thread,
        { kind: 'score', model: this.#model, binding, features, rows },
        `scoring ${rows} rows`,
      )
    })
    return this.#scoresOf(answer.kind === 'scored' ? answer.scores : undefined, rows)
  }

  /** One score a row; of two numbers a row, such as the probabilities of two classes, the last. */
  #scoresOf(given: Float32Array | undefined, rows: number): Float32Array {
    const width = (given?.length ?? 0) / rows
    if (given === undefined || (width !== 1 && width !== 2)) {
      const output = this.#binding?.output ?? 'output'
      throw mismatch(
        this.#files.card,
        `its output ${output} has ${given === undefined ? 'no floats' : `${String(width)} numbers a row`}, and a score is one number, or the last of two`,
      )
    }
    return width === 1 ? given : given.filter((_, i) => i % 2 === 1)
  }

  async close(): Promise<void> {
    if (this.#loadedBy?.ended !== false) return
    await this.#runtime.inTurn(async thread => {
      if (this.#loadedBy === thread) await this.#call(thread, { kind: 'close', model: this.#model }, 'closing it')
      this.#loadedBy = undefined
    })
  }

  async #load(thread: OnnxThread): Promise<TensorBinding> {
    if (this.#loadedBy === thread && this.#binding !== undefined) return this.#binding
    const { card, onnx, external = new Map<string, Uint8Array>() } = this.#files
    const tensors = Array.from(external, ([path, data]) => ({ path, data }))
    const answer = await this.#call(thread, { kind: 'open', model: this.#model, onnx, external: tensors }, loading)
    this.#loadedBy = thread
    if (answer.kind !== 'opened') throw mismatch(card, 'its runtime gave no answer to loading it')
    this.#binding = bindTensors(card, answer.inputs, answer.outputs)
    return this.#binding
  }

  async #call(thread: OnnxThread, request: OnnxRequest, doing: string) {
    try {
      return await thread.call(request, this.#limits.timeoutMs)
    } catch (error) {
      throw error instanceof OnnxThreadError ? this.#failed(error.failure, doing, error) : error
    }
  }

  #failed(failure: OnnxFailure, doing: string, cause: Error): ModelError {
    if (failure.kind === 'start') return startError(failure.end, cause)
    const { card } = this.#files
    const { name, version } = card
    const { timeoutMs, memoryLimit } = this.#limits
    const limit = (what: string, setting: string) =>
      new ModelError(
        'MODEL_LIMIT',
        `Model ${name}, version ${version}: ${doing} took more than ${what}, so it was stopped. ` +
          `Promote a version that does with less, or raise ${setting}.`,
        { cause, data: { model: name, version } },
      )
    if (failure.kind === 'timeout') return limit(`${timeoutMs / 1_000} s`, 'MODEL_TIMEOUT')
    if (failure.kind === 'memory')
      return limit(`${Math.floor(memoryLimit / 2 ** 20)} MB of memory`, 'MODEL_MEMORY_LIMIT')
    if (doing === loading) return mismatch(card, 'its model.onnx is not a model that ONNX Runtime can load', cause)
    return new ModelError('MODEL_RUNTIME', `Model ${name}, version ${version}, failed ${doing}: ${failure.message}`, {
      cause,
      data: { model: name, version },
    })
  }
}
