import { OnnxThread } from './onnxThread.js'

/** What a model may use. */
export interface ModelLimits {
  /** Milliseconds for one call: loading, or one batch of rows. */
  readonly timeoutMs: number
  /** Bytes, of all models of this process together. */
  readonly memoryLimit: number
}

/** How long a runtime that nobody calls keeps its thread and memory. */
const idleMs = 300_000

/**
 * ONNX Runtime as this project uses it: WebAssembly, on a thread of its own. It scores twenty million rows a second, far
 * more than silver delivers, and comes whole from the npm registry; onnxruntime-node starts a quarter of a second sooner,
 * but is twice as large, native, and fetches more from elsewhere when it is installed.
 *
 * The thread starts at the first call, is let go when nobody calls, and is replaced after a call that it did not survive.
 */
export class OnnxRuntime {
  readonly #memoryLimit: number
  #thread: OnnxThread | undefined
  #last: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined

  constructor(memoryLimit: number) {
    this.#memoryLimit = memoryLimit
  }

  /** Runs calls one after the other, each on the thread that lives then. */
  inTurn<T>(call: (thread: OnnxThread) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle)
    const result = this.#last.then(() => {
      if (this.#thread === undefined || this.#thread.ended)
        this.#thread = new OnnxThread({ memoryLimit: this.#memoryLimit })
      return call(this.#thread)
    })
    this.#last = result
      .catch(() => undefined)
      .then(() => {
        clearTimeout(this.#idle)
        this.#idle = setTimeout(() => void this.#thread?.close(), idleMs).unref()
      })
    return result
  }
}

const runtimes = new Map<number, OnnxRuntime>()

/** The process's runtime for models that may use that much memory. */
export function onnxRuntime(memoryLimit: number): OnnxRuntime {
  let runtime = runtimes.get(memoryLimit)
  if (runtime === undefined) runtimes.set(memoryLimit, (runtime = new OnnxRuntime(memoryLimit)))
  return runtime
}
