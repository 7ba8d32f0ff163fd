import { z } from 'zod'

import { defineStream, type Stream, timestamp } from '../../../shared/contract/index.js'

const day = 86_400_000

const common = {
  schema: z.object({ id: z.string().min(1), at: timestamp() }),
  key: 'id',
  eventTime: 'at',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
} as const

/** In place of shared/streams/index.ts: one that reads its topic whole, and one that leaves out what is older than a day. */
export const streams: readonly Stream[] = [
  defineStream({ name: 'clicks', topic: 'clicks', ...common }),
  defineStream({
    name: 'visits',
    topic: 'visits',
    ...common,
    startFrom: { timestamp: Math.floor(Date.now() / day) * day - day },
  }),
]
