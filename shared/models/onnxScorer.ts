import type { InferenceSession } from 'onnxruntime-web/wasm'
import { featureWidth, type ModelCard } from './modelCard.js'
import { ModelError } from './modelError.js'
import type { ModelFiles } from './modelSource.js'
import { inTurn, loadOnnxRuntime, type OnnxRuntime } from './onnxRuntime.js'
import type { Scorer } from './scorer.js'

/**
 * Makes an ONNX model ready, and holds it against its card: tensors' names, types and shapes, and the golden vectors.
 *
 * @throws ModelError MODEL_MISMATCH naming what differs; MODEL_RUNTIME when the runtime is not to be had
 */
export async function openOnnxScorer({ card, onnx }: ModelFiles): Promise<Scorer> {
  const runtime = await loadOnnxRuntime()
  const session = await inTurn(() => runtime.InferenceSession.create(onnx)).catch((cause: unknown) => {
    throw mismatch(card, 'its model.onnx is not a model that ONNX Runtime can load', cause)
  })
  const scorer = new OnnxScorer(runtime, session, card)
  try {
    checkTensors(session, card)
    await checkGolden(scorer, card)
  } catch (error) {
    await scorer.close()
    throw error
  }
  return scorer
}

class OnnxScorer implements Scorer {
  readonly #runtime: OnnxRuntime
  readonly #session: InferenceSession
  readonly #card: ModelCard
  readonly #width: number

  constructor(runtime: OnnxRuntime, session: InferenceSession, card: ModelCard) {
    this.#runtime = runtime
    this.#session = session
    this.#card = card
    this.#width = featureWidth(card.features)
  }

  async score(features: Float32Array, rows: number): Promise<Float32Array> {
    const { input, output, name } = this.#card
    if (rows === 0) return new Float32Array()
    const tensor = new this.#runtime.Tensor('float32', features, [rows, this.#width])
    const outputs = await inTurn(() => this.#session.run({ [input]: tensor }, [output])).catch((cause: unknown) => {
      throw new ModelError('MODEL_RUNTIME', `Model ${name} failed on ${String(rows)} rows.`, { cause, data: { model: name, rows } })
    })
    const scores = outputs[output]?.data
    if (!(scores instanceof Float32Array) || scores.length !== rows) {
      throw mismatch(this.#card, `its output ${output} does not have one float a row`)
    }
    return scores
  }

  close(): Promise<void> {
    return inTurn(() => this.#session.release())
  }
}

function checkTensors(session: InferenceSession, card: ModelCard): void {
  const width = featureWidth(card.features)
  const { input, output } = card
  const inputs = session.inputMetadata
  const [taken] = inputs
  if (inputs.length !== 1 || taken?.name !== input) {
    throw mismatch(card, `it takes ${names(session.inputNames)}, and its model.json says ${input} alone`)
  }
  requireFloats(card, taken)
  const columns = taken.isTensor ? taken.shape[1] : undefined
  if (taken.isTensor && (taken.shape.length !== 2 || (typeof columns === 'number' && columns !== width))) {
    throw mismatch(card, `its input ${input} has the shape [${taken.shape.join(', ')}], and its features make ${String(width)} columns`)
  }
  if (taken.isTensor && typeof taken.shape[0] === 'number' && taken.shape[0] >= 0) {
    throw mismatch(card, `its input ${input} takes ${String(taken.shape[0])} rows only; export it with a free first dimension`)
  }
  const given = session.outputMetadata.find(tensor => tensor.name === output)
  if (given === undefined) throw mismatch(card, `it gives ${names(session.outputNames)}, and its model.json says ${output}`)
  requireFloats(card, given)
}

function requireFloats(card: ModelCard, tensor: InferenceSession.ValueMetadata): void {
  if (!tensor.isTensor) throw mismatch(card, `its ${tensor.name} is no tensor; export classifiers with zipmap=False`)
  if (tensor.type !== 'float32') throw mismatch(card, `its ${tensor.name} is ${tensor.type}, not float32`)
}

// A model of another runtime's making rounds differently, but not by more.
const goldenTolerance = 1e-4

async function checkGolden(scorer: Scorer, card: ModelCard): Promise<void> {
  const width = featureWidth(card.features)
  // Without golden vectors, that it scores at all.
  const vectors = card.golden ?? []
  const rows = vectors.length === 0 ? [new Array<number>(width).fill(0)] : vectors.map(v => v.features)
  for (const [i, row] of rows.entries()) {
    if (row.length !== width) throw mismatch(card, `golden[${String(i)}] has ${String(row.length)} features, and the model takes ${String(width)}`)
    const [score = NaN] = await scorer.score(Float32Array.from(row), 1)
    const wanted = vectors[i]?.score
    if (wanted !== undefined && !(Math.abs(score - wanted) <= goldenTolerance)) {
      throw mismatch(card, `it scores golden[${String(i)}] with ${String(score)}, and its model.json says ${String(wanted)}`)
    }
  }
}

function names(list: readonly string[]): string {
  return list.length === 0 ? 'nothing' : list.join(', ')
}

function mismatch(card: ModelCard, what: string, cause?: unknown): ModelError {
  const { name, version } = card
  return new ModelError(
    'MODEL_MISMATCH',
    `Model ${name}, version ${version}: ${what}. Point its champion.json to a version that fits, or put a right one there.`,
    { cause, data: { model: name, version } },
  )
}
