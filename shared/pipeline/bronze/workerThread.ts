import { Worker as Thread } from 'node:worker_threads'

import { CodedError } from '../../errors.js'
import type { Settings } from '../../settings/index.js'
import {
  type RegistryConnection,
  registryConnection,
  type SourceConnection,
  sourceConnection,
} from '../../sources/index.js'
import type { OpenStoreOptions } from '../../storage/index.js'
import { storeOptions } from '../lake/index.js'
import type { EncodedRows } from './encode.js'
import type { RangeJob } from './rangeJob.js'
import type { Worker } from './worker.js'

/** What a worker is started with. */
export interface WorkerSetup {
  readonly stream: string
  readonly source: SourceConnection
  readonly registry: RegistryConnection | undefined
  readonly lake: { readonly url: string; readonly options: OpenStoreOptions }
}

/** What a worker answers to a job, and once, with `ready`, to its start. */
export type WorkerAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly encoded: EncodedRows }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly retryable: boolean }

/** Workers run compiled code; where the sources are run as they stand there is none. */
export const workersAvailable = import.meta.url.endsWith('.js')

/** An error that a worker reported, with the code and the decision it had there. */
export class WorkerError extends CodedError {
  constructor(code: string, message: string, retryable: boolean) {
    super(code, message, { retryable })
  }
}

/**
 * Of events that are read from their bytes little is left to collect. A larger young generation spares contracts that need
 * an object for each event some copying, and costs every worker three times its size.
 */
const maxYoungGenerationSizeMb = 16

/** Starts a thread with a source and a store of its own, and does not wait for it. One job at a time. */
export function startWorkerThread(settings: Settings, stream: string): Worker {
  const setup: WorkerSetup = {
    stream,
    source: sourceConnection(settings),
    registry: registryConnection(settings),
    lake: { url: settings.lakeUrl, options: storeOptions(settings) },
  }
  const worker = new Thread(new URL('./rangeWorker.js', import.meta.url), {
    workerData: setup,
    resourceLimits: { maxYoungGenerationSizeMb },
  })
  let settle: ((answer: WorkerAnswer) => void) | undefined
  let fail: ((error: Error) => void) | undefined
  let dead: Error | undefined
  const answer = () =>
    new Promise<WorkerAnswer>((resolve, reject) => {
      // A thread that ended between two jobs answers no more.
      if (dead !== undefined) reject(dead)
      settle = resolve
      fail = reject
    })
  const end = (error: Error) => {
    dead ??= error
    fail?.(dead)
  }
  worker.on('message', (message: WorkerAnswer) => settle?.(message))
  worker.on('error', end)
  worker.on('exit', code => {
    end(new WorkerError('WORKER_FAILED', `A worker of bronze ended with code ${code}.`, true))
  })
  const ready = answer().then(() => undefined)
  // Work that others have done before it is ready needs it no more.
  ready.catch(() => undefined)
  return {
    ready,
    async run(job: RangeJob): Promise<EncodedRows> {
      const answered = answer()
      worker.postMessage(job)
      const result = await answered
      if (result.kind === 'done') return result.encoded
      if (result.kind === 'failed') throw new WorkerError(result.code, result.message, result.retryable)
      throw new Error('The worker answered out of turn.')
    },
    async close() {
      worker.removeAllListeners('exit')
      await worker.terminate()
    },
  }
}
