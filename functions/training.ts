import { app } from '@azure/functions'

import { runTrainings } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { isSettingGiven } from '../shared/sources/trigger/index.js'

// Off unless a schedule is set: what a model learns is the owner's decision.
if (isSettingGiven('TRAIN_SCHEDULE', process.env)) {
  app.timer('training', {
    schedule: '%TRAIN_SCHEDULE%',
    async handler() {
      return requireSuccess(await runTrainings(await processLake(), 'timer'))
    },
  })
}
