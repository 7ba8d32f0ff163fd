import { z } from 'zod'

import { category, defineStream, double, hourOfDay, logarithm, numeric, rate, timestamp } from '../contract/index.js'

/** The stream that ships. A new topic is another file like this one, and a line in index.ts. */
export const events = defineStream({
  name: 'events',
  topic: 'events',
  schema: z.object({
    event_id: z.string().min(1).describe('What makes an event the same as another.'),
    event_type: z.string().min(1).describe('What happened, e.g. `click`.'),
    timestamp: timestamp().describe('When it happened, by the clock of whoever saw it.'),
    value: double().describe('How much; a number, or the same as decimal text.'),
  }),
  key: 'event_id',
  eventTime: 'timestamp',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
  clusterBy: ['event_type', 'timestamp'],
  expectations: { 'value is finite': e => Number.isFinite(e.value) },
  model: {
    uri: 'lake:models/events-anomaly',
    features: {
      value: numeric('value'),
      log_value: logarithm('value'),
      hour: hourOfDay('timestamp'),
      event_type: category('event_type', { most: 32 }),
      event_type_rate: rate('event_type'),
    },
  },
})
