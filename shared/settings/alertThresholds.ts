import { z } from 'zod'

import { type NumberByStream, parseByStream } from './settingText.js'

/** A number for all streams, and others for some: `300, orders=3600`. */
const byStream = (from: number, to: number) =>
  z.string().transform((value, context): NumberByStream => {
    const numbers = parseByStream(value)
    const all = numbers === null ? [] : [numbers.default, ...Object.values(numbers.streams)]
    if (numbers !== null && all.every(n => n >= from && n <= to)) return numbers
    context.addIssue(
      `expected a number from ${String(from)} to ${String(to)}, and others for streams: 300, orders=3600`,
    )
    return { default: from, streams: {} }
  })

/** From which figure on each alert fires: a part of the environment. */
export const alertThresholds = {
  ALERT_MONITOR_SECONDS: byStream(1, 3600)
    .default({ default: 300, streams: {} })
    .describe('Alert `monitor-silent`: the monitor has not run for so long.'),
  ALERT_LATE_SECONDS: byStream(0, 1e9)
    .default({ default: 300, streams: {} })
    .describe('Alert `late`: the newest event is older. Each threshold takes others for streams: `300, orders=3600`.'),
  ALERT_STALE_SECONDS: byStream(0, 1e9)
    .default({ default: 3600, streams: {} })
    .describe('Alert `stale`: the newest event is older.'),
  ALERT_MIN_ROWS: byStream(0, 1e12)
    .default({ default: 1, streams: {} })
    .describe('Alert `silence`: fewer records came within 30 minutes; never at 0.'),
  ALERT_LAG: byStream(0, 1e15)
    .default({ default: 100_000, streams: {} })
    .describe('Alert `lag`: more offsets wait in Kafka.'),
  ALERT_DRAIN_SECONDS: byStream(0, 86_399)
    .default({ default: 900, streams: {} })
    .describe('Alert `slow-drain`: what waits takes longer to drain; what does not move takes a day.'),
  ALERT_MISSING_OFFSETS: byStream(0, 1e15)
    .default({ default: 0, streams: {} })
    .describe('Alert `offsets-missing`: more were deleted within an hour before they were read.'),
  ALERT_QUARANTINE_RATE: byStream(0, 1)
    .default({ default: 0.05, streams: {} })
    .describe('Alert `quarantine-rate`: a larger share of the records of 15 minutes was rejected.'),
  ALERT_QUARANTINE_AGE_SECONDS: byStream(0, 1e9)
    .default({ default: 86_400, streams: {} })
    .describe('Alert `quarantine-age`: the oldest record in quarantine waits for longer.'),
  ALERT_FAILURES: byStream(0, 1e6)
    .default({ default: 2, streams: {} })
    .describe('Alert `failures`: more runs of one step failed within 15 minutes.'),
  ALERT_RETRIES: byStream(0, 1e6)
    .default({ default: 10, streams: {} })
    .describe('Alert `retries`: a delivery was repeated more often within 15 minutes.'),
  ALERT_MODEL_SECONDS: byStream(0, 1e9)
    .default({ default: 3600, streams: {} })
    .describe('Alert `model-fault`: the model cannot score or be renewed for longer.'),
  ALERT_VERSIONS_SINCE_CHECKPOINT: byStream(0, 1e9)
    .default({ default: 1000, streams: {} })
    .describe('Alert `log-growth`: more versions since the last checkpoint.'),
  ALERT_SMALL_FILES: byStream(0, 1e9)
    .default({ default: 2000, streams: {} })
    .describe('Alert `compaction-behind`: more files smaller than 16 MiB.'),
  ALERT_COST_PER_HOUR: byStream(0, 1e9)
    .default({ default: 1, streams: {} })
    .describe('Alert `cost`: the runs of a stream cost more within an hour (USD).'),
}
