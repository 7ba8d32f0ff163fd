import { parentPort, workerData } from 'node:worker_threads'

import { bronzePath } from '../../contract/index.js'
import { asError, CodedError, isRetryable } from '../../errors.js'
import { openSource, registryConnection, sourceConnection, ValueFormats } from '../../sources/index.js'
import { openStore } from '../../storage/index.js'
import { streams } from '../../streams/index.js'
import { storeOptions } from '../lake/index.js'
import { type RangeJob, runRangeJob } from './rangeJob.js'
import type { WorkerAnswer, WorkerSetup } from './workerThread.js'

/** The entry point of a worker thread: range jobs in, encoded rows out. */
const { settings, stream: name } = workerData as WorkerSetup
const stream = streams.find(s => s.name === name)
if (stream === undefined || parentPort === null) throw new Error(`No stream ${name} is declared.`)

const port = parentPort
const source = openSource(sourceConnection(settings))
const formats = new ValueFormats(registryConnection(settings))
const store = (await openStore(settings.lakeUrl, storeOptions(settings))).within(bronzePath(stream))

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
