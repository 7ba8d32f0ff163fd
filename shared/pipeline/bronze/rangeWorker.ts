import { parentPort, workerData } from 'node:worker_threads'

import { bronzePath } from '../../contract/index.js'
import { asError, CodedError, isRetryable } from '../../errors.js'
import { openSource, ValueFormats } from '../../sources/index.js'
import { openStore } from '../../storage/index.js'
import { streams } from '../../streams/index.js'
import { type RangeJob, runRangeJob } from './rangeJob.js'
import type { WorkerAnswer, WorkerSetup } from './workerThread.js'

/** The entry point of a worker thread: range jobs in, encoded rows out. It loads no more of the project than it needs. */
const { stream: name, source: connection, registry, lake } = workerData as WorkerSetup
const stream = streams.find(s => s.name === name)
if (stream === undefined || parentPort === null) throw new Error(`No stream ${name} is declared.`)

const port = parentPort
const source = openSource(connection)
const formats = new ValueFormats(registry)
const store = (await openStore(lake.url, lake.options)).within(bronzePath(stream))

port.on('message', (job: RangeJob) => {
  runRangeJob({ source, formats, store }, stream, job).then(
    encoded => {
      port.postMessage({ kind: 'done', encoded } satisfies WorkerAnswer)
    },
    (error: unknown) => {
      port.postMessage(failure(error))
    },
  )
})
port.postMessage({ kind: 'ready' } satisfies WorkerAnswer)

function failure(thrown: unknown): WorkerAnswer {
  const error = asError(thrown)
  const code = error instanceof CodedError ? (error as CodedError).code : 'WORKER_FAILED'
  return { kind: 'failed', code, message: error.message, retryable: isRetryable(error) }
}
