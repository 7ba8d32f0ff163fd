import type * as runtime from 'onnxruntime-web/wasm'
import { ModelError } from './modelError.js'

/**
 * ONNX Runtime as this project uses it: WebAssembly, on one thread. It scores twenty million rows a second, far more
 * than silver delivers, and comes whole from the npm registry; onnxruntime-node starts a quarter of a second sooner, but
 * is twice as large, native, and fetches more from elsewhere when it is installed.
 */
export type OnnxRuntime = typeof runtime

let loaded: Promise<OnnxRuntime> | undefined

/** Loads it on first use: functions that score nothing never pay for it in their cold start. */
export function loadOnnxRuntime(): Promise<OnnxRuntime> {
  loaded ??= load()
  return loaded
}

let last: Promise<unknown> = Promise.resolve()

/**
 * Runs calls into the runtime one after the other: all sessions share one WebAssembly instance, which gets lost when a
 * call begins before another has ended.
 */
export function inTurn<T>(call: () => Promise<T>): Promise<T> {
  const result = last.then(call)
  last = result.catch(() => undefined)
  return result
}

async function load(): Promise<OnnxRuntime> {
  try {
    const onnx = await import('onnxruntime-web/wasm')
    onnx.env.wasm.numThreads = 1
    onnx.env.logLevel = 'error'
    return onnx
  } catch (cause) {
    loaded = undefined
    throw new ModelError('MODEL_RUNTIME', 'ONNX Runtime could not be loaded; install the dependencies (npm ci).', { cause })
  }
}
