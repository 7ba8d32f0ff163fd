import { z } from 'zod'

import { date, defineStream, float, timestamp } from '../../../shared/contract/index.js'

/** A key of a fixed form, floats with bounds, a map. */
export const readings = defineStream({
  name: 'readings',
  topic: 'sensor_readings',
  schema: z.object({
    reading: z.uuid(),
    sensor: z.string().startsWith('S-'),
    celsius: float().min(-40).max(85),
    labels: z.record(z.string(), z.string()).nullish(),
    calibrated: date().optional(),
    ok: z.boolean(),
    measured: timestamp(),
  }),
  key: 'reading',
  eventTime: 'measured',
  allowedLateness: '5 minutes',
  dedupeWithin: '6 hours',
})
