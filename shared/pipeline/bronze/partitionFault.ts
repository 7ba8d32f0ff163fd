import { CodedError, isRetryable } from '../../errors.js'
import { type Source, SourceError } from '../../sources/index.js'
import { PipelineError } from '../lake/index.js'
import { type PartitionQueue } from './partitionQueue.js'

/** What the source says of itself as a whole: to ask for the other partitions would be of no use. */
const wholeSource: ReadonlySet<string> = new Set(['SOURCE_CLOSED', 'SOURCE_BAD_SETTINGS', 'SOURCE_TOPIC_MISSING'])

/** Whether an error, perhaps reported by a worker thread, concerns one partition alone. */
export function isPartitionFault(error: unknown): error is CodedError {
  if (!(error instanceof CodedError)) return false
  const { code } = error as CodedError
  if (code === 'EXPECTATION_BROKEN') return true
  return !(error instanceof PipelineError) && code.startsWith('SOURCE_') && !wholeSource.has(code)
}

/**
 * Fails the queue over which a worker failed, so that the other partitions go on. Where the fault may pass, the source
 * is asked who else is away: each would only be waited for as long.
 *
 * @throws the error itself when it concerns the run, or what the source says when no partition can be asked
 */
export async function failQueue(
  source: Source,
  topic: string,
  queues: readonly PartitionQueue[],
  queue: PartitionQueue,
  error: unknown,
): Promise<void> {
  if (!isPartitionFault(error)) throw error
  queue.failure = error
  if (!isRetryable(error)) return
  const { unavailable } = await source.survey(topic)
  for (const { partition, error: reason } of unavailable) {
    const other = queues.find(q => q.partition === partition)
    if (other !== undefined && other.next < other.end) other.failure ??= reason
  }
}

/** One error that names every partition that was not ingested; one that does not pass first, for its code. */
export function stoppedError(stopped: readonly CodedError[]): CodedError | undefined {
  const [first, ...others] = stopped.toSorted((a, b) => Number(a.retryable) - Number(b.retryable))
  if (first === undefined || others.length === 0) return first
  // What keeps several partitions away is often the same, as a broker that is gone is.
  const message = [...new Set([first, ...others].map(({ message: text }) => text))].join(' ')
  const details = { cause: first, data: { ...first.data, partitions: stopped.length }, retryable: first.retryable }
  if (first instanceof PipelineError) return new PipelineError(first.code, message, details)
  return first instanceof SourceError ? new SourceError(first.code, message, details) : first
}
