import { PipelineError } from '../lake/index.js'
import type { PartitionProgress } from './progress.js'

/**
 * Why a partition is not ingested any more, as it is kept in bronze's log: the number is stored, the sentence is made
 * of it. Numbers are never given a second meaning.
 */
export const stopReasons = {
  /** The topic has another id than the one its offsets were read under. */
  topicId: 1,
  /** The log ends at or below offsets that bronze holds. */
  logEnd: 2,
  /** The leader epoch under which bronze read ends below offsets that bronze holds, or was never there. */
  leaderEpoch: 3,
  /** At an offset that bronze holds stands another record, or one where there was none. */
  otherRecord: 4,
} as const

/** A reason by its name, as the error of a stopped partition carries it in its data. */
export type StopReason = keyof typeof stopReasons

/** The reason of that number; a number of a later version is a reason too. */
export function stopReasonOf(code: number): StopReason | 'unknown' {
  const found = Object.entries(stopReasons).find(([, number]) => number === code)
  return (found?.[0] as StopReason | undefined) ?? 'unknown'
}

const findings: Readonly<Record<StopReason | 'unknown', (covered: bigint) => string>> = {
  topicId: covered => `the topic has another id than the one whose offsets bronze holds up to ${covered}`,
  logEnd: covered => `its log ends below offset ${covered}, up to which bronze holds it`,
  leaderEpoch: covered => `the log under which bronze read it up to offset ${covered} is not the one that is there now`,
  otherRecord: covered =>
    `a record that is not in bronze stands among the offsets up to ${covered}, which bronze holds`,
  unknown: covered =>
    `a later version of this program recorded it as stopped in bronze, which holds it up to offset ${covered}`,
}

/** The error that a stopped partition is reported with. */
export function stopError(stream: string, topic: string, progress: PartitionProgress, code: number): PipelineError {
  const { partition, generation, covered } = progress
  const reason = stopReasonOf(code)
  return new PipelineError(
    'TOPIC_RECREATED',
    `Topic ${topic}, partition ${partition}, was recreated or truncated: ${findings[reason](covered)}. Nothing more of it is ingested; ` +
      `other partitions go on. If the new topic is meant to continue the table, run: lake reset-offsets ${stream}`,
    { data: { topic, partition, generation, covered, reason } },
  )
}
