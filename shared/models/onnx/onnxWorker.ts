import { parentPort, workerData } from 'node:worker_threads'

import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm'

import type { OnnxAnswer, OnnxRequest, OnnxThreadData } from './onnxThread.js'
import type { OnnxTensorType } from './tensorBinding.js'
import type { BoundInput } from './tensorBinding.js'

/**
 * The entry point of the thread that runs a model: it imports nothing of this project but types, so that Node runs it
 * from the source as well as compiled.
 */
const port = parentPort
if (port === null) throw new Error('This file is the entry point of a worker thread.')
const { memoryLimit } = workerData as OnnxThreadData

interface MemoryDescriptor {
  readonly initial: number
  readonly maximum?: number
  readonly shared?: boolean
}

/** As much of it as is used here; its types come with those of a browser, which the rest of the project must not see. */
declare const WebAssembly: { Memory: new (descriptor: MemoryDescriptor) => { readonly buffer: ArrayBufferLike } }

const pageBytes = 65_536
/** The memories made so far; the runtime makes one. */
const memories: BoundedMemory[] = []

/**
 * What resourceLimits cannot bound: the memory of WebAssembly. A module accepts a memory with a lower maximum than the one
 * it declares, and an allocation beyond it fails inside the runtime as it would on a small machine.
 */
class BoundedMemory extends WebAssembly.Memory {
  constructor(descriptor: MemoryDescriptor) {
    const most = Math.max(descriptor.initial, Math.floor(memoryLimit / pageBytes))
    super({ ...descriptor, maximum: Math.min(descriptor.maximum ?? most, most) })
    if (descriptor.initial > 0) memories.push(this)
  }
}
WebAssembly.Memory = BoundedMemory

const runtime = await import('onnxruntime-web/wasm')
runtime.env.wasm.numThreads = 1
runtime.env.logLevel = 'error'

/** A small ONNX model that gives what it takes. It is nobody's, so that what fails over it is the runtime's start. */
const identity = 'CAg6MgoQCgF4EgF5IghJZGVudGl0eRIIaWRlbnRpdHlaCQoBeBIECgIIAWIJCgF5EgQKAggBQgQKABAN'

// Compiles the runtime, which is no model's time. What is thrown up to here ends the thread before it is ready.
const first = await runtime.InferenceSession.create(Buffer.from(identity, 'base64'))
await first.release()
if (memories.length === 0) throw new Error('ONNX Runtime made no memory that could be bounded.')

const sessions = new Map<number, InferenceSession>()

function tensorType(tensor: InferenceSession.ValueMetadata): OnnxTensorType {
  if (!tensor.isTensor) return { name: tensor.name }
  // A length that has neither a number nor a name is -1, which the runtime gives as an unsigned number.
  const shape = tensor.shape.map(length => (length === 2 ** 32 - 1 ? -1 : length))
  return { name: tensor.name, type: tensor.type, shape }
}

async function answer(request: OnnxRequest): Promise<OnnxAnswer> {
  if (request.kind === 'open') {
    const { onnx, external } = request
    const session = await runtime.InferenceSession.create(onnx, external.length === 0 ? {} : { externalData: external })
    sessions.set(request.model, session)
    return {
      kind: 'opened',
      inputs: session.inputMetadata.map(tensorType),
      outputs: session.outputMetadata.map(tensorType),
    }
  }
  const session = sessions.get(request.model)
  if (session === undefined) throw new Error('The model was not opened.')
  if (request.kind === 'close') {
    sessions.delete(request.model)
    await session.release()
    return { kind: 'closed' }
  }
  const { binding, features, rows } = request
  const feeds = Object.fromEntries(
    binding.inputs.map(input => [input.name, tensorOf(input, columnsOf(input, features, rows), rows)]),
  )
  const outputs = await session.run(feeds, [binding.output])
  const data = outputs[binding.output]?.data
  return { kind: 'scored', scores: floatsOf(data) }
}

/** In memory of their own, which can be given away. */
function floatsOf(data: unknown): Float32Array<ArrayBuffer> | undefined {
  if (data instanceof Float64Array) return Float32Array.from(data)
  if (!(data instanceof Float32Array)) return undefined
  const { buffer, byteLength } = data
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? new Float32Array(buffer) : data.slice()
}

/** The input's columns of the matrix, row by row. */
function columnsOf({ from, columns }: BoundInput, features: Float32Array, rows: number): Float32Array {
  const width = features.length / rows
  if (width === columns) return features
  const own = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++)
    own.set(features.subarray(row * width + from, row * width + from + columns), row * columns)
  return own
}

function tensorOf({ type, columns, rank }: BoundInput, values: Float32Array, rows: number): Tensor {
  const shape = rank === 1 ? [rows] : [rows, columns]
  return type === 'float32'
    ? new runtime.Tensor('float32', values, shape)
    : new runtime.Tensor('float64', Float64Array.from(values), shape)
}

port.on('message', (request: OnnxRequest) => {
  answer(request).then(
    done => {
      port.postMessage(done, done.kind === 'scored' && done.scores !== undefined ? [done.scores.buffer] : [])
    },
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      // Growth goes in steps, so that the step that failed may have ended well below the limit.
      const used = memories[0]?.buffer.byteLength ?? 0
      port.postMessage({
        kind: 'failed',
        message,
        outOfMemory: /alloc|memory|OOM/i.test(message) || used > 0.8 * memoryLimit,
      } satisfies OnnxAnswer)
    },
  )
})
port.postMessage({ kind: 'ready' } satisfies OnnxAnswer)
