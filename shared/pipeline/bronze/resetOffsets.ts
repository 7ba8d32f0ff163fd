import type { Stream } from '../../contract/stream.js'
import type { Action } from '../../delta/actions.js'
import type { Lake } from '../lake.js'
import { PipelineError } from '../pipelineError.js'
import { openBronze } from './bronzeTable.js'
import { progressTxns, readProgress, touchesPartitions, type PartitionProgress } from './progress.js'
import { checkIdentity } from './topicIdentity.js'

/** What a reset does to one partition. */
export interface PartitionReset {
  readonly partition: number
  /** The generation that ends, and how far it was covered. */
  readonly generation: number
  readonly covered: bigint
  /** Where the next generation begins: the log's start. */
  readonly start: bigint
  /** What is wrong with the partition, in words; undefined when it is healthy and reset on request. */
  readonly why: string | undefined
}

/**
 * Partitions that a reset would begin anew: those whose topic was re-created or truncated, or all that were ever
 * ingested.
 */
export async function planReset(lake: Lake, stream: Stream, options: { readonly all?: boolean } = {}): Promise<readonly PartitionReset[]> {
  return (await plan(lake, stream, options.all === true)).resets
}

/**
 * Raises the generation of those partitions: what is ingested from now on has a lineage of its own, and the rows that
 * are there stay as they are. One commit, without rows.
 *
 * @returns what was reset; empty when there was nothing to reset
 * @throws PipelineError CONTENDED when a writer moved one of the partitions meanwhile
 */
export async function resetOffsets(lake: Lake, stream: Stream, options: { readonly all?: boolean } = {}): Promise<readonly PartitionReset[]> {
  const { bronze, progress, resets } = await plan(lake, stream, options.all === true)
  if (resets.length === 0) return resets
  const { table, state } = bronze
  const { id } = state.metadata
  const updatedAt = lake.clock.now()
  const txns = resets.flatMap(({ partition, generation, start }) => {
    const after: PartitionProgress = { partition, generation: generation + 1, start, covered: start - 1n, tail: 0n, missing: 0n, holes: 0n, updatedAt }
    return progressTxns(id, stream.topic, progress.get(partition), after)
  })
  const outcome = await table.commit({
    readVersion: state.version,
    actions: txns.map((txn): Action => ({ txn })),
    operation: 'RESET OFFSETS',
    operationParameters: { topic: stream.topic, partitions: resets.map(r => r.partition).join(',') },
    isBlindAppend: true,
    reads: { files: 'none', appIds: touchesPartitions(id, stream.topic, new Set(resets.map(r => r.partition))) },
  })
  if (outcome.kind === 'committed') return resets
  throw new PipelineError('CONTENDED', `The offsets of ${stream.topic} were not reset: ${outcome.detail}. Look again, then repeat.`, { retryable: true })
}

async function plan(lake: Lake, stream: Stream, all: boolean) {
  const bronze = await openBronze(lake, stream)
  const progress = readProgress(bronze.state.metadata.id, stream.topic, bronze.state.txns)
  const resets: PartitionReset[] = []
  for (const log of await lake.source.offsets(stream.topic)) {
    const known = progress.get(log.partition)
    if (known === undefined) continue
    const error = await checkIdentity(lake.source, stream.topic, known, log)
    if (error === undefined && !all) continue
    const { partition, generation, covered } = known
    resets.push({ partition, generation, covered, start: log.start, why: error?.message })
  }
  return { bronze, progress, resets }
}
