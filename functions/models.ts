import { app } from '@azure/functions'

import { refreshModels } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { settingReference } from '../shared/sources/trigger/index.js'

app.timer('models', {
  schedule: settingReference('MODEL_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await refreshModels(await processLake(), 'timer'))
  },
})
