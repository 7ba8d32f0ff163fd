import type { ModelCard } from '../card/index.js'
import { featureWidth } from '../features/index.js'
import { ModelError } from '../modelError.js'
import type { ModelFiles } from '../modelSource.js'
import { type ModelLimits, type OnnxRuntime, onnxRuntime } from './onnxRuntime.js'
import {
  type OnnxFailure,
  type OnnxRequest,
  type OnnxTensorType,
  type OnnxThread,
  OnnxThreadError,
} from './onnxThread.js'
import type { Scorer } from './scorer.js'

/** What a model may use where nobody says otherwise. */
export const defaultModelLimits: ModelLimits = { timeoutMs: 60_000, memoryLimit: 512 * 2 ** 20 }

const loading = 'loading it'

/** Names models to the thread that has several. */
let nextModel = 0

/**
 * Makes an ONNX model ready, apart from this thread, and holds it against its card: tensors' names, types and shapes, and
 * the golden vectors.
 *
 * @throws ModelError MODEL_MISMATCH naming what differs; MODEL_LIMIT when it takes more time or memory than it may
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
    const { card } = this.#files
    const { input, output } = card
    const shape = [rows, featureWidth(card.features)]
    const answer = await this.#runtime.inTurn(async thread => {
      await this.#load(thread)
      return await this.#call(
        thread,
        { kind: 'score', model: this.#model, input, output, features, shape },
        `scoring ${rows} rows`,
      )
    })
    const scores = answer.kind === 'scored' ? answer.scores : undefined
    if (scores?.length !== rows) throw mismatch(card, `its output ${output} does not have one float a row`)
    return scores
  }

  async close(): Promise<void> {
    if (this.#loadedBy?.ended !== false) return
    await this.#runtime.inTurn(async thread => {
      if (this.#loadedBy === thread) await this.#call(thread, { kind: 'close', model: this.#model }, 'closing it')
      this.#loadedBy = undefined
    })
  }

  async #load(thread: OnnxThread): Promise<void> {
    if (this.#loadedBy === thread) return
    const { card, onnx } = this.#files
    const answer = await this.#call(thread, { kind: 'open', model: this.#model, onnx }, loading)
    this.#loadedBy = thread
    if (answer.kind === 'opened') checkTensors(answer.inputs, answer.outputs, card)
  }

  async #call(thread: OnnxThread, request: OnnxRequest, doing: string) {
    try {
      return await thread.call(request, this.#limits.timeoutMs)
    } catch (error) {
      throw error instanceof OnnxThreadError ? this.#failed(error.failure, doing, error) : error
    }
  }

  #failed(failure: OnnxFailure, doing: string, cause: Error): ModelError {
    const { card } = this.#files
    const { name, version } = card
    const { timeoutMs, memoryLimit } = this.#limits
    const limit = (what: string, setting: string) =>
      new ModelError(
        'MODEL_LIMIT',
        `Model ${name}, version ${version}: ${doing} took more than ${what}, so it was stopped. ` +
          `Point its champion.json to a version that does with less, or raise ${setting}.`,
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

function checkTensors(inputs: readonly OnnxTensorType[], outputs: readonly OnnxTensorType[], card: ModelCard): void {
  const width = featureWidth(card.features)
  const { input, output } = card
  const [taken] = inputs
  if (inputs.length !== 1 || taken?.name !== input) {
    throw mismatch(card, `it takes ${names(inputs)}, and its model.json says ${input} alone`)
  }
  const shape = requireFloats(card, taken)
  const [rows, columns] = shape
  if (shape.length !== 2 || (typeof columns === 'number' && columns !== width)) {
    throw mismatch(
      card,
      `its input ${input} has the shape [${shape.join(', ')}], and its features make ${String(width)} columns`,
    )
  }
  if (typeof rows === 'number' && rows >= 0) {
    throw mismatch(card, `its input ${input} takes ${String(rows)} rows only; export it with a free first dimension`)
  }
  const given = outputs.find(tensor => tensor.name === output)
  if (given === undefined) throw mismatch(card, `it gives ${names(outputs)}, and its model.json says ${output}`)
  requireFloats(card, given)
}

/** @returns the tensor's shape */
function requireFloats(card: ModelCard, { name, type, shape }: OnnxTensorType): readonly (number | string)[] {
  if (shape === undefined) throw mismatch(card, `its ${name} is no tensor; export classifiers with zipmap=False`)
  if (type !== 'float32') throw mismatch(card, `its ${name} is ${type ?? 'of no type'}, not float32`)
  return shape
}

// A model of another runtime's making rounds differently, but not by more.
const goldenTolerance = 1e-4

async function checkGolden(scorer: Scorer, card: ModelCard): Promise<void> {
  const width = featureWidth(card.features)
  // Without golden vectors, that it scores at all.
  const vectors = card.golden ?? []
  const rows = vectors.length === 0 ? [new Array<number>(width).fill(0)] : vectors.map(v => v.features)
  for (const [i, row] of rows.entries()) {
    if (row.length !== width)
      throw mismatch(
        card,
        `golden[${String(i)}] has ${String(row.length)} features, and the model takes ${String(width)}`,
      )
    const [score = NaN] = await scorer.score(Float32Array.from(row), 1)
    const wanted = vectors[i]?.score
    if (wanted !== undefined && !(Math.abs(score - wanted) <= goldenTolerance)) {
      throw mismatch(
        card,
        `it scores golden[${String(i)}] with ${String(score)}, and its model.json says ${String(wanted)}`,
      )
    }
  }
}

function names(tensors: readonly OnnxTensorType[]): string {
  return tensors.length === 0 ? 'nothing' : tensors.map(tensor => tensor.name).join(', ')
}

function mismatch(card: ModelCard, what: string, cause?: unknown): ModelError {
  const { name, version } = card
  return new ModelError(
    'MODEL_MISMATCH',
    `Model ${name}, version ${version}: ${what}. Point its champion.json to a version that fits, or put a right one there.`,
    { cause, data: { model: name, version } },
  )
}
