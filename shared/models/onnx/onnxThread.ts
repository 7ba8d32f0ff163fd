import { Worker } from 'node:worker_threads'

import type { OnnxTensorType, TensorBinding } from './tensorBinding.js'

/** What a thread is started with. */
export interface OnnxThreadData {
  /** Bytes. */
  readonly memoryLimit: number
}

/** A tensor in a file beside the model's. */
export interface ExternalTensor {
  readonly path: string
  readonly data: Uint8Array
}

/** What is asked of a thread; the caller numbers its models. `features` are row by row. */
export type OnnxRequest =
  | {
      readonly kind: 'open'
      readonly model: number
      readonly onnx: Uint8Array
      readonly external: readonly ExternalTensor[]
    }
  | { readonly kind: 'close'; readonly model: number }
  | {
      readonly kind: 'score'
      readonly model: number
      readonly binding: TensorBinding
      readonly features: Float32Array
      readonly rows: number
    }

/** What a thread posts: `ready` once, then one answer to each request, of its kind or `failed`. */
export type OnnxAnswer =
  /** Once, after the start. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly inputs: readonly OnnxTensorType[]; readonly outputs: readonly OnnxTensorType[] }
  /** Without scores when the output holds no floats. */
  | { readonly kind: 'scored'; readonly scores: Float32Array<ArrayBuffer> | undefined }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string; readonly outOfMemory: boolean }

type OnnxResult = Exclude<OnnxAnswer, { kind: 'failed' }>

/** How a thread ended. */
export type OnnxEnd =
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory'; readonly message: string }
  | { readonly kind: 'error'; readonly message: string }

/**
 * How a call ended that the model or its runtime did not survive; the caller says whose model it was. A `start` is of no
 * model: the runtime ended before it had seen one.
 */
export type OnnxFailure = OnnxEnd | { readonly kind: 'start'; readonly end: OnnxEnd }

/** The thread has ended, by this call or before it; no call of it will be answered. */
export class OnnxThreadError extends Error {
  readonly failure: OnnxFailure

  constructor(failure: OnnxFailure) {
    super(messageOf(failure))
    this.failure = failure
  }
}

function messageOf(failure: OnnxFailure): string {
  if (failure.kind === 'start') return failure.end.kind === 'timeout' ? 'It took too long.' : failure.end.message
  return failure.kind === 'timeout' ? 'The model gave no answer in time.' : failure.message
}

/** For the runtime to start; a loaded machine takes its time, and no model is to blame for it. Milliseconds. */
const startMs = 120_000

/** Beyond the runtime's WebAssembly memory: its JavaScript and the batches on their way. */
const heapLimitMb = 256

/** The same file compiled or not: it imports types only, which Node strips. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './onnxWorker.ts' : './onnxWorker.js', import.meta.url)

/**
 * A thread that runs models, so that one that never ends or takes all memory is stopped without harm to the process. One
 * call at a time. After a failed call the thread is gone; a thread does not keep the process alive.
 */
export class OnnxThread {
  readonly #worker: Worker
  /** Memory that both threads see; as large as the largest batch so far. */
  #features = new Float32Array(new SharedArrayBuffer(0))
  #ready = false
  #dead: OnnxFailure | undefined
  #fail: ((failure: OnnxFailure) => void) | undefined

  constructor(data: OnnxThreadData) {
    this.#worker = new Worker(entry, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: heapLimitMb } })
    this.#worker.unref()
    this.#worker.on('error', error => {
      const outOfMemory =
        ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') || /allocate memory|OOM/i.test(error.message)
      this.#end({ kind: outOfMemory ? 'memory' : 'error', message: error.message })
    })
    this.#worker.on('exit', code => {
      this.#end({ kind: 'error', message: `Its thread ended with code ${code}.` })
    })
  }

  /** @throws OnnxThreadError when it fails or takes longer than that many milliseconds; the thread is gone then */
  async call(request: OnnxRequest, timeoutMs: number): Promise<OnnxResult> {
    if (!this.#ready) {
      await this.#answer(startMs)
      this.#ready = true
    }
    const answer = this.#answer(timeoutMs)
    this.#worker.postMessage(
      request.kind === 'score' ? { ...request, features: this.#share(request.features) } : request,
    )
    return await answer
  }

  /**
   * A copy of each batch would be garbage in a thread that makes so little else of it that tens of megabytes gather before
   * they are collected.
   */
  #share(features: Float32Array): Float32Array {
    if (this.#features.length < features.length)
      this.#features = new Float32Array(new SharedArrayBuffer(features.byteLength))
    this.#features.set(features)
    return this.#features.subarray(0, features.length)
  }

  async #answer(timeoutMs: number): Promise<OnnxResult> {
    if (this.#dead !== undefined) throw new OnnxThreadError(this.#dead)
    this.#worker.ref()
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<OnnxResult>((resolve, reject) => {
        this.#fail = failure => {
          reject(new OnnxThreadError(failure))
        }
        timer = setTimeout(() => {
          this.#end({ kind: 'timeout' })
        }, timeoutMs)
        this.#worker.once('message', (answer: OnnxAnswer) => {
          if (answer.kind === 'failed')
            this.#end({ kind: answer.outOfMemory ? 'memory' : 'error', message: answer.message })
          else resolve(answer)
        })
      })
    } finally {
      clearTimeout(timer)
      this.#fail = undefined
      this.#worker.unref()
    }
  }

  get ended(): boolean {
    return this.#dead !== undefined
  }

  async close(): Promise<void> {
    this.#dead ??= { kind: 'error', message: 'Its thread was closed.' }
    await this.#worker.terminate()
  }

  #end(end: OnnxEnd): void {
    this.#dead ??= this.#ready ? end : { kind: 'start', end }
    this.#fail?.(this.#dead)
    void this.#worker.terminate()
  }
}
