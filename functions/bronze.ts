import { app, trigger } from '@azure/functions'

import { ingestBatch } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { readSettings } from '../shared/settings/index.js'
import { bronzeTrigger } from '../shared/sources/trigger/index.js'
import { streams } from '../shared/streams/index.js'

const settings = readSettings(process.env)

/** One function a stream, so that each scales with its own topic's lag. */
for (const stream of streams) {
  const { binding, read } = bronzeTrigger(stream, settings, process.env)
  app.generic(`bronze_${stream.name}`, {
    trigger: trigger.generic(binding),
    // For ever: a batch that is given up would be passed over. Bad records are not failures; see shared/pipeline/bronze.
    retry: {
      strategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 60 },
    },
    async handler(payload, context) {
      return ingestBatch(await processLake(), stream, read(payload, context.triggerMetadata), settings.source)
    },
  })
}
